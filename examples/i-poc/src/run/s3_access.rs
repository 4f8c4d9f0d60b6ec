//! By what right the S3 app reads the object: the words `name=value` of the old command line, or the environment.
//!
//! The two are never mixed: a key of one place with a secret of the other is nobody's. No message shows a value.

use anyhow::{Context as _, bail, ensure};
use veracruz_client::rest::Secret;

/// A word's name, and the variable that it stands for.
const NAMES: [(&str, &str); 4] = [
    ("region_name", "AWS_REGION"),
    ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
    ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
    ("aws_session_token", "AWS_SESSION_TOKEN"),
];

/// What goes to the S3 app. Without a key it uses its own, if its operator lets it.
#[derive(Debug, Default)]
pub(super) struct S3Access {
    pub(super) region: Option<String>,
    pub(super) key: Option<Key>,
    is_on_command_line: bool,
}

/// An access key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: Secret,
    pub(super) token: Option<Secret>,
}

impl S3Access {
    /// Of the words, and of the environment where they say nothing.
    pub(super) fn of(words: &[Secret], variable: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let [region, id, secret, token] = parse(words)?;
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let region = region.or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
        let is_on_command_line = id.is_some() || secret.is_some() || token.is_some();
        let [_, names @ ..] = NAMES;
        let key = if is_on_command_line {
            key([id, secret, token], names.map(|(word, _)| word))?
        } else {
            let names = names.map(|(_, variable)| variable);
            key(names.map(variable), names)?
        };
        Ok(S3Access { region, key, is_on_command_line })
    }

    /// Whether everybody on the machine could read the key.
    pub(super) fn is_on_command_line(&self) -> bool {
        self.is_on_command_line
    }
}

/// What comes before the credentials, as the help calls it.
const BEFORE: [&str; 8] = ["FUNCTION", "UNIQUE_ID", "CCFAAS_URL", "S3_APP_URL", "BUCKET", "FILE", "KEY", "IV"];

/// Who forgets some of the arguments has credentials in their places: they shall not be taken for names, which messages
/// show and services are told.
pub(super) fn none_is_a_credential(before: [&str; 8]) -> anyhow::Result<()> {
    let is_credential = |text: &str| {
        let name = text.split_once('=').map(|(name, _)| name);
        NAMES.iter().any(|(known, _)| name.is_some_and(|name| name.eq_ignore_ascii_case(known)))
    };
    let Some(at) = before.iter().position(|text| is_credential(text)) else { return Ok(()) };
    let (last, others) = BEFORE.get(at..).and_then(<[_]>::split_last).context("there are eight")?;
    match others {
        [] => bail!("argument {} is a credential; {last} is missing", at + 1),
        _ => bail!("argument {} is a credential; {} and {last} are missing", at + 1, others.join(", ")),
    }
}

/// The values, in the order of [`NAMES`].
fn parse(words: &[Secret]) -> anyhow::Result<[Option<String>; 4]> {
    let mut values = [const { None }; 4];
    for (number, word) in (9..).zip(words) {
        let known = || NAMES.map(|(name, _)| format!("{name}=…")).join(", ");
        let (name, value) = word.expose().split_once('=').unwrap_or_default();
        let place = NAMES.iter().zip(&mut values).find(|((known, _), _)| *known == name).map(|(_, place)| place);
        let place = place.with_context(|| format!("argument {number} is none of {}", known()))?;
        ensure!(!value.is_empty(), "argument {number}, {name}, has no value");
        ensure!(place.is_none(), "argument {number}, {name}, was given before");
        *place = Some(value.to_owned());
    }
    Ok(values)
}

fn key(values: [Option<String>; 3], names: [&str; 3]) -> anyhow::Result<Option<Key>> {
    let [id_name, secret_name, token_name] = names;
    match values {
        [None, None, None] => Ok(None),
        [Some(id), Some(secret), token] => {
            Ok(Some(Key { id, secret: Secret::new(secret), token: token.map(Secret::new) }))
        }
        [Some(_), None, _] => bail!("{id_name} is given without {secret_name}"),
        [None, Some(_), _] => bail!("{secret_name} is given without {id_name}"),
        [None, None, Some(_)] => bail!("{token_name} is given without {id_name} and {secret_name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{S3Access, Secret, none_is_a_credential};

    fn access(words: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<S3Access> {
        let words: Vec<Secret> = words.iter().copied().map(Secret::new).collect();
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        S3Access::of(&words, &find)
    }

    const BOTH: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "hidden")];

    #[test]
    fn words_win_over_variables_and_are_never_mixed_with_them() -> anyhow::Result<()> {
        let words = ["aws_access_key_id=a=b", "aws_secret_access_key=c", "region_name=eu-west-1"];
        let variables = [BOTH[0], BOTH[1], ("AWS_SESSION_TOKEN", "t"), ("AWS_REGION", "us-east-1")];
        let found = access(&words, &variables)?;
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
        let key = found.key.as_ref().map(|key| (key.id.as_str(), key.secret.expose(), key.token.is_none()));
        assert_eq!(key, Some(("a=b", "c", true)));
        assert!(found.is_on_command_line());
        Ok(())
    }

    #[test]
    fn variables_serve_where_no_word_names_a_key() -> anyhow::Result<()> {
        let found = access(&["region_name=eu-west-1"], &BOTH)?;
        assert_eq!(found.key.as_ref().map(|key| key.secret.expose()), Some("hidden"));
        assert!(!found.is_on_command_line());
        let empty = access(&[], &[("AWS_ACCESS_KEY_ID", ""), ("AWS_DEFAULT_REGION", "eu-west-1")])?;
        assert!(empty.key.is_none() && empty.region.is_some());
        Ok(())
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_showing_a_value() {
        type Bad<'b> = (&'b [&'b str], &'b [(&'b str, &'b str)], &'b str);
        let table: &[Bad<'_>] = &[
            (&["hidden"], &[], "argument 9 is none of region_name=…"),
            (&["region_name=a", "secret:hidden"], &[], "argument 10 is none of"),
            (&["Region_name=hidden"], &[], "argument 9 is none of"),
            (&["region_name="], &[], "argument 9, region_name, has no value"),
            (&["region_name=hidden", "region_name=b"], &[], "argument 10, region_name, was given before"),
            (&["aws_access_key_id=hidden"], &BOTH, "aws_access_key_id is given without aws_secret_access_key"),
            (&["aws_secret_access_key=hidden"], &BOTH, "aws_secret_access_key is given without aws_access_key_id"),
            (&["aws_session_token=hidden"], &BOTH, "aws_session_token is given without aws_access_key_id and"),
            (&[], &BOTH[..1], "AWS_ACCESS_KEY_ID is given without AWS_SECRET_ACCESS_KEY"),
            (&[], &BOTH[1..], "AWS_SECRET_ACCESS_KEY is given without AWS_ACCESS_KEY_ID"),
        ];
        for (words, variables, says) in table {
            let told = access(words, variables).map(|_| ()).map_err(|error| error.to_string());
            assert!(told.as_ref().is_err_and(|told| told.contains(says) && !told.contains("hidden")), "{told:?}");
        }
    }

    #[test]
    fn credentials_in_the_places_of_other_arguments_are_found_and_not_shown() {
        for (at, says) in [
            (4, "argument 5 is a credential; BUCKET, FILE, KEY and IV are missing"),
            (6, "argument 7 is a credential; KEY and IV are missing"),
            (7, "argument 8 is a credential; IV is missing"),
        ] {
            for credential in ["aws_secret_access_key=hidden", "AWS_SESSION_TOKEN=hidden", "region_name=a=b"] {
                let mut before = ["x"; 8];
                before[at] = credential;
                let told = none_is_a_credential(before).map_err(|error| error.to_string());
                assert_eq!(told, Err(says.to_owned()), "{credential}");
            }
        }
        for name in ["x", "aws_secret_access_key", "a/region_name=b", "key=aws_session_token=", ""] {
            assert!(none_is_a_credential([name; 8]).is_ok(), "{name:?}");
        }
    }
}
