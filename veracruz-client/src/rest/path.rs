//! Paths of resources: names become one segment each, whatever is in them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use veracruz_policy::Name;
use veracruz_rest::encode_segment;

use super::error::Error;
use super::foreign::bounded;

/// What a segment or a query cannot hold as it is: all but the unreserved characters (RFC 3986, section 2.3) and the
/// colon of `host:port`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The path of a resource below a service's address.
#[derive(Clone, Debug)]
pub(super) struct Path {
    text: String,
    has_query: bool,
}

impl Path {
    /// A path that begins with this segment.
    pub(super) fn of(segment: &'static str) -> Self {
        Path { text: format!("/{segment}"), has_query: false }
    }

    /// The same with one more segment.
    pub(super) fn then(mut self, segment: &'static str) -> Self {
        self.text.push('/');
        self.text.push_str(segment);
        self
    }

    /// The same with the name of a function, an instance or a job.
    pub(super) fn named(self, name: &str) -> Result<Self, Error> {
        let name = Name::parse(name).map_err(|reason| Error::Name { name: bounded(name), reason })?;
        Ok(self.encoded(name.as_str()))
    }

    /// The same with the name of a file inside the instance.
    pub(super) fn file(self, name: &str) -> Self {
        self.encoded(&encode_segment(name))
    }

    /// The same with a text that is no `.` or `..`, which URLs cannot carry, and not empty.
    pub(super) fn encoded(mut self, text: &str) -> Self {
        self.text.push('/');
        self.text.extend(utf8_percent_encode(text, RESERVED));
        self
    }

    /// The same with a key of the query, where there is a value.
    pub(super) fn query(mut self, key: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.text.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            self.text.push_str(key);
            self.text.push('=');
            self.text.extend(utf8_percent_encode(value, RESERVED));
        }
        self
    }

    /// As it is appended to the service's address.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_name_is_one_segment_whatever_is_in_it() {
        for (name, segment) in [
            ("vod", "/function/vod"),
            ("a b", "/function/a%20b"),
            ("50%?#", "/function/50%25%3F%23"),
            ("é", "/function/%C3%A9"),
            ("%2e%2e", "/function/%252e%252e"),
        ] {
            assert_eq!(Path::of("function").named(name).unwrap().as_str(), segment);
        }
        for name in ["", ".", "..", "a/b", "a\n"] {
            assert!(Path::of("function").named(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_file_is_base64_of_its_name_in_one_segment() {
        let path = Path::of("function").named("f").unwrap().then("program").file("/program/ÿÿ?.wasm");
        assert_eq!(path.as_str(), "/function/f/program/L3Byb2dyYW0vw7%2FDvz8ud2FzbQ%3D%3D");
    }

    #[test]
    fn only_keys_with_a_value_are_asked_for() {
        let path = Path::of("function").query("after", None).query("limit", Some("3")).query("x", Some("a&b"));
        assert_eq!(path.as_str(), "/function?limit=3&x=a%26b");
    }
}
