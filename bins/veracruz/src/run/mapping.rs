//! The texts of `--map`, `--out` and `--env`.

use std::path::PathBuf;
use std::str::FromStr;

use veracruz_runtime::offline::VfsPath;

/// A host folder or file, and where it stands for the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Map {
    pub(crate) host: PathBuf,
    pub(crate) guest: VfsPath,
}

/// A folder or file of the program, and where its copy goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Out {
    pub(crate) guest: VfsPath,
    pub(crate) host: PathBuf,
}

/// A variable of the program's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Map {
    type Err = String;

    /// The last `=/` parts the two: names of host folders have anything in them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parted = text.rfind("=/").filter(|at| *at > 0).and_then(|at| text.split_at_checked(at));
        let (host, guest) = parted.ok_or("write HOST_DIR=/guest, for example data=/input")?;
        Ok(Map { host: PathBuf::from(host), guest: guest_path(guest.trim_start_matches('='))? })
    }
}

impl FromStr for Out {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parted = text.split_once('=').filter(|(guest, host)| guest.starts_with('/') && !host.is_empty());
        let (guest, host) = parted.ok_or("write /guest=HOST_PATH, for example /output=results")?;
        Ok(Out { guest: guest_path(guest)?, host: PathBuf::from(host) })
    }
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parted = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = parted.ok_or("write NAME=VALUE")?;
        if text.contains('\0') {
            return Err("a variable has no NUL character".to_owned());
        }
        Ok(Variable { name: name.to_owned(), value: value.to_owned() })
    }
}

fn guest_path(text: &str) -> Result<VfsPath, String> {
    VfsPath::parse(text).map_err(|error| format!("{text:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_parted_where_the_guest_path_begins() {
        for (text, host, guest) in [
            ("data=/input", "data", "/input"),
            ("a=b=/input/", "a=b", "/input"),
            ("/abs/dir=/x/y", "/abs/dir", "/x/y"),
            (".=/", ".", "/"),
        ] {
            let map: Map = text.parse().unwrap();
            assert_eq!((map.host, map.guest.as_str()), (PathBuf::from(host), guest), "{text}");
        }
        let out: Out = "/output=a=/b".parse().unwrap();
        assert_eq!((out.guest.as_str(), out.host), ("/output", PathBuf::from("a=/b")));
        for text in ["data", "=/input", "data=input", "data=/../x"] {
            assert!(text.parse::<Map>().is_err(), "{text}");
        }
        for text in ["/output", "output=x", "/output=", "/a/../b=x"] {
            assert!(text.parse::<Out>().is_err(), "{text}");
        }
        for text in ["A", "=b"] {
            assert!(text.parse::<Variable>().is_err(), "{text}");
        }
    }
}
