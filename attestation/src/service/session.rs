//! The nonces that are out: each for one minute, each for one request.
//!
//! A nonce leaves the table exactly once, however many requests ask for it at the same time; that, and not the memory of
//! evidence seen, is what stops replay. The table is bounded and lives in memory only: after a restart every nonce is
//! unknown, and the attester starts again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::ports::{NoRandomness, Random};

/// How long a nonce can be used: evidence is made in well under a second, the rest is for slow networks.
pub const SESSION_LIFE: Duration = Duration::from_secs(60);

/// Sessions kept at once: 68 starts a second for a minute, in less than a megabyte. Anyone who can reach the service can
/// start sessions, so without a bound anyone could take all its memory.
pub const MAX_SESSIONS: usize = 4096;

/// The name of a session: 128 bits with 122 random ones, written as a UUID of version 4 (RFC 9562).
///
/// Whoever knows it can spend the session's nonce, so it stays between attester and service and out of logs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(Uuid);

/// What an attester gets at the start.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Where to send the evidence.
    pub id: SessionId,
    /// The 32 bytes to bind into the evidence.
    pub nonce: [u8; 32],
    /// From this moment on the nonce is worthless.
    pub expires_at: OffsetDateTime,
}

/// A nonce that was taken out of the table: the right to have one piece of evidence appraised.
#[derive(PartialEq, Eq)]
pub struct Taken {
    pub(crate) nonce: [u8; 32],
}

/// Why no session can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Every place in the table holds a live session.
    #[error("all {MAX_SESSIONS} sessions are taken; try again in {} seconds", retry_after.as_secs())]
    Full {
        /// When the first place becomes free, in whole seconds, at least one.
        retry_after: Duration,
    },
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Why a session cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// No such session: never started, forgotten, or started before a restart.
    #[error("no such session: it was never started, it ended a while ago, or the service restarted; start a new one")]
    Unknown,
    /// Its nonce was used, successfully or not.
    #[error("the session was used already: a nonce is good for one request, whatever its outcome; start a new one")]
    Used,
    /// Its minute is over.
    #[error("the session has expired: a nonce is good for {} seconds; start a new one", SESSION_LIFE.as_secs())]
    Expired,
}

#[derive(Clone, Copy)]
enum Session {
    Waiting {
        nonce: [u8; 32],
        expires_at: OffsetDateTime,
    },
    /// Kept, while there is room, only to tell a used session from an unknown one.
    Used,
}

impl Session {
    fn is_live(&self, now: OffsetDateTime) -> bool {
        matches!(self, Session::Waiting { expires_at, .. } if now < *expires_at)
    }
}

/// The table.
pub(crate) struct Sessions {
    table: Mutex<HashMap<SessionId, Session>>,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Sessions { table: Mutex::default() }
    }

    /// Hands out a nonce. A full table is first cleared of what is over.
    pub(crate) fn start(&self, now: OffsetDateTime, random: &dyn Random) -> Result<Challenge, StartError> {
        let challenge =
            Challenge { id: SessionId::draw(random)?, nonce: draw(random)?, expires_at: now + SESSION_LIFE };
        let mut table = self.lock();
        if table.len() >= MAX_SESSIONS {
            table.retain(|_, session| session.is_live(now));
        }
        if table.len() >= MAX_SESSIONS {
            return Err(StartError::Full { retry_after: first_free(&table, now) });
        }
        match table.entry(challenge.id) {
            // 122 random bits do not repeat: the source is broken, and its nonces can be foretold too.
            Entry::Occupied(_) => Err(NoRandomness.into()),
            Entry::Vacant(place) => {
                place.insert(Session::Waiting { nonce: challenge.nonce, expires_at: challenge.expires_at });
                Ok(challenge)
            }
        }
    }

    /// Takes the nonce out; of many who ask for one session exactly one gets it.
    pub(crate) fn take(&self, id: SessionId, now: OffsetDateTime) -> Result<Taken, SessionError> {
        let mut table = self.lock();
        let session = table.get_mut(&id).ok_or(SessionError::Unknown)?;
        match *session {
            Session::Used => Err(SessionError::Used),
            Session::Waiting { .. } if !session.is_live(now) => Err(SessionError::Expired),
            Session::Waiting { nonce, .. } => {
                *session = Session::Used;
                Ok(Taken { nonce })
            }
        }
    }

    /// How many nonces could be used now.
    pub(crate) fn live(&self, now: OffsetDateTime) -> usize {
        self.lock().values().filter(|session| session.is_live(now)).count()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Session>> {
        // Every change is a single insertion or replacement, so a panic elsewhere leaves the table whole.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn first_free(table: &HashMap<SessionId, Session>, now: OffsetDateTime) -> Duration {
    let ends = table.values().filter_map(|session| match session {
        Session::Waiting { expires_at, .. } => Duration::try_from(*expires_at - now).ok(),
        Session::Used => None,
    });
    let wait = ends.min().unwrap_or(SESSION_LIFE);
    Duration::from_secs(wait.as_secs() + 1)
}

fn draw<const N: usize>(random: &dyn Random) -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

impl SessionId {
    fn draw(random: &dyn Random) -> Result<Self, NoRandomness> {
        Ok(SessionId(uuid::Builder::from_random_bytes(draw(random)?).into_uuid()))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

impl FromStr for SessionId {
    type Err = SessionError;

    /// Reads the form that this service writes and no other; a text that is no id names no session.
    fn from_str(text: &str) -> Result<Self, SessionError> {
        let id = Uuid::try_parse(text).map(SessionId).map_err(|_| SessionError::Unknown)?;
        if id.to_string() == text { Ok(id) } else { Err(SessionError::Unknown) }
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taken(…)")
    }
}
