//! The tokens of a file: what they look like, and whether one is among them.
//!
//! Only their hashes are kept, and all are compared in constant time, so neither a dump of our memory nor our timing tells
//! a token. None is ever shown: a bad line is named by its number.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Characters of a token: 16 of base64 hold 96 bits, which nobody guesses through a network.
const MIN_TOKEN: usize = 16;
/// Characters of a token that fit a header line well.
const MAX_TOKEN: usize = 4096;
/// Characters of a name, which the log shows.
const MAX_NAME: usize = 64;
/// Tokens of a file; each request is compared with all.
const MAX_TOKENS: usize = 1024;
/// The name of a token that has none.
const UNNAMED: &str = "-";

/// The tokens in force.
pub(crate) struct Tokens(Vec<Token>);

struct Token {
    name: Arc<str>,
    digest: [u8; 32],
}

/// What is wrong with a file of tokens.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum TokenError {
    /// A token is not one.
    #[error(
        "line {line} holds no token: write TOKEN or NAME:TOKEN, the token {MIN_TOKEN} to {MAX_TOKEN} characters of A-Z a-z \
         0-9 - . _ ~ + / with = at its end (`openssl rand -base64 32` makes one)"
    )]
    NoToken {
        /// From 1.
        line: usize,
    },
    /// A name is not one.
    #[error("line {line} has a bad name before its colon: write 1 to {MAX_NAME} characters of A-Z a-z 0-9 . _ -")]
    Name {
        /// From 1.
        line: usize,
    },
    /// There is nothing in it.
    #[error("it holds no token, so nobody could be let in: write one a line")]
    Empty,
    /// There is too much in it.
    #[error("it holds more than {MAX_TOKENS} tokens")]
    TooMany,
}

impl Tokens {
    /// Reads one token a line, with an optional name before a colon; empty lines and those that begin with `#` are
    /// passed over.
    pub(crate) fn parse(text: &str) -> Result<Self, TokenError> {
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_ascii()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let tokens = lines.map(|(number, line)| Token::parse(number, line)).collect::<Result<Vec<_>, _>>()?;
        match tokens.len() {
            0 => Err(TokenError::Empty),
            1..=MAX_TOKENS => Ok(Tokens(tokens)),
            _ => Err(TokenError::TooMany),
        }
    }

    /// The name of `token`, if it is one of these.
    pub(crate) fn find(&self, token: &str) -> Option<Arc<str>> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        // No early end: how long this takes must not tell how far it got.
        self.0.iter().fold(None, |found, known| match bool::from(known.digest.ct_eq(&digest)) {
            true => Some(Arc::clone(&known.name)),
            false => found,
        })
    }
}

impl Token {
    fn parse(line: usize, text: &str) -> Result<Self, TokenError> {
        // A token has no colon.
        let (name, token) = text.split_once(':').unwrap_or((UNNAMED, text));
        if !is_name(name) {
            return Err(TokenError::Name { line });
        }
        if !is_token(token) {
            return Err(TokenError::NoToken { line });
        }
        Ok(Token { name: name.into(), digest: Sha256::digest(token).into() })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens", self.0.len())
    }
}

fn is_name(name: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(sane)
}

/// `b64token` of RFC 6750, section 2.1.
fn is_token(token: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let unpadded = token.trim_end_matches('=');
    (MIN_TOKEN..=MAX_TOKEN).contains(&token.len()) && !unpadded.is_empty() && unpadded.bytes().all(sane)
}
