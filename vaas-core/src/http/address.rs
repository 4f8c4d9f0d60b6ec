//! How a request names an instance: `host:port` in the path, the rest in the query.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use veracruz_policy::Endpoint;
use veracruz_rest::Problem;

use crate::instance::Filter;
use crate::service::{DeleteError, Vaas};

/// Characters of a caller's own words that an answer repeats.
const MAX_SHOWN: usize = 300;

/// A well-formed `host:port`.
pub(super) struct Address {
    endpoint: Endpoint,
    host: String,
    port: u16,
}

impl Address {
    pub(super) fn parse(name: Result<Path<String>, PathRejection>) -> Result<Self, BadName> {
        let Path(text) = name.map_err(|_| BadName("it is no UTF-8 text".to_owned()))?;
        let endpoint = Endpoint::parse(&text).map_err(|error| BadName(error.to_string()))?;
        match (endpoint.host().map(str::to_owned), endpoint.port()) {
            (Some(host), Some(port)) => Ok(Address { endpoint, host, port }),
            _ => Err(BadName("it is a place-holder".to_owned())),
        }
    }

    /// As the caller wrote it.
    pub(super) fn text(&self) -> &str {
        self.endpoint.as_str()
    }

    /// The port, if the host is this service's.
    pub(super) fn port_of(&self, vaas: &Vaas) -> Option<u16> {
        vaas.is_host(&self.host).then_some(self.port)
    }

    /// There is no such instance, in the i-poc's words.
    pub(super) fn missing(&self, filter: &Filter) -> Problem {
        let text = self.text();
        let detail = match filter.instance_id() {
            None => format!("Veracruz instance '{text}' does not exist!"),
            Some(id) => format!("Veracruz instance '{text}' and instance_id '{}' does not exist!", shown(id)),
        };
        Problem::new(404, "no-such-instance", detail)
    }

    /// The instance is not deleted.
    pub(super) fn refused(&self, error: &DeleteError, filter: &Filter) -> Problem {
        match error {
            DeleteError::NoSuchInstance => self.missing(filter),
            DeleteError::Failed(_) => {
                let detail = format!(
                    "Veracruz instance '{}' could not be ended; the service goes on trying, and its operator finds the reason \
                     in its log",
                    self.text()
                );
                Problem::new(502, error.code(), detail)
            }
        }
    }
}

/// Why a name is no `host:port`.
pub(super) struct BadName(String);

impl From<BadName> for Problem {
    fn from(BadName(why): BadName) -> Self {
        Problem::new(400, "bad-instance-name", format_args!("name should be on the form <host>:<port>: {why}"))
    }
}

/// What the query says; keys that are not known are ignored.
pub(super) fn filter(query: Option<&str>) -> Filter {
    let value = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        pairs.find(|(key, _)| key == wanted).map(|(_, value)| value.into_owned())
    };
    Filter::new(value("instance_id"), value("instance_hash"))
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect()
}
