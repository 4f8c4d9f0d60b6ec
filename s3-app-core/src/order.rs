//! A request for a copy, read and judged as far as that goes without asking anybody.
//!
//! What can be known to fail is refused here, before a connection is made: shape, names, credentials, policy, identity, and
//! whether the policy lets the identity write the file at all.

use veracruz_client::{Client, Error, Identity, IdentityError};
use veracruz_policy::{Action, FullPolicy, PolicyError, Rule, Target, strict_json};
use veracruz_rest::{CopyRequest, Destination, Fault, Problem};

use crate::error::CopyError;
use crate::names::{Region, check_bucket, check_key};
use crate::settings::Settings;
use crate::shape::{self, fault};
use crate::storage::{Keys, Remote, Source, Storage};

/// The published JSON Schema of a request (draft 2020-12).
pub const REQUEST_SCHEMA: &str = include_str!("../schemas/s3-app.schema.json");

/// Bytes of a request: a policy of one MiB, whose quotes and line breaks are escaped once more inside of a JSON text.
pub const MAX_REQUEST_BYTES: usize = 2 * 1024 * 1024;

/// Faults that the detail of a problem repeats, for people; all of them are in its list.
const FAULTS_IN_DETAIL: usize = 3;

/// A copy that may be tried. It holds keys, and shows none.
#[derive(Debug)]
pub struct Order {
    pub(crate) client: Client,
    pub(crate) remote: Remote,
    /// The file's name in the instance.
    pub(crate) name: String,
}

impl Order {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// 400 with every fault that was found; 403 when the policy gives the identity no right to write the file, does not
    /// know it, accepts less than this service trusts, or names a host that the operator does not allow, and when there are
    /// no credentials for S3.
    pub(crate) fn parse(text: &str, settings: &Settings, storage: &Storage) -> Result<Self, Box<Problem>> {
        let json = strict_json(text).map_err(|error| Box::new(Problem::from(&error)))?;
        let request = shape::request(json.value, &json.repeated, REQUEST_SCHEMA).map_err(invalid)?;
        let mut faults = Vec::new();
        let source = source(&request, &mut faults);
        let destination = destination(&request.veracruz, &mut faults);
        let (Some(source), Some((policy, identity, target))) = (source, destination) else {
            return Err(invalid(faults));
        };
        may_write(&policy, &identity, &target)?;
        let builder = Client::builder(policy, identity).trust(settings.trust.clone());
        let client = builder.connect_timeout(settings.limits.stall).build().map_err(refused)?;
        settings.instance_hosts.check(client.address()).map_err(|error| in_the_policy(&error))?;
        let named = source.clone();
        let remote = storage.at(source).map_err(|error| Box::new(Problem::from(&CopyError::storage(&named, error))))?;
        Ok(Order { client, remote, name: target.to_string() })
    }

    /// For a log.
    pub(crate) fn described(&self) -> (&str, &str) {
        let source = self.remote.source();
        (&source.bucket, &source.key)
    }
}

/// A body with faults.
fn invalid(faults: Vec<Fault>) -> Box<Problem> {
    let place = |fault: &Fault| match fault.pointer.as_str() {
        "" => fault.detail.clone(),
        pointer => format!("{pointer}: {}", fault.detail),
    };
    let mut words: Vec<String> = faults.iter().take(FAULTS_IN_DETAIL).map(place).collect();
    if faults.len() > FAULTS_IN_DETAIL {
        words.push(format!("and {} more", faults.len() - FAULTS_IN_DETAIL));
    }
    let detail = format!("Json object is not correct: {}", words.join("; "));
    Box::new(Problem::new(400, "request-invalid", detail).with_errors(faults))
}

fn source(request: &CopyRequest, faults: &mut Vec<Fault>) -> Option<Source> {
    let before = faults.len();
    let s3 = &request.s3;
    let bad_name = |pointer, expected| fault(pointer, Rule::BadName, format_args!("expected {expected}"));
    faults.extend(check_bucket(&s3.bucket).err().map(|expected| bad_name("/s3/bucket", expected)));
    faults.extend(check_key(&s3.filename).err().map(|expected| bad_name("/s3/filename", expected)));
    let region = s3.region_name.as_deref().map(Region::parse).transpose();
    let region = region.unwrap_or_else(|error| {
        faults.push(fault("/s3/region_name", Rule::BadName, error));
        None
    });
    let keys = keys(request, faults);
    let source = || Source { bucket: s3.bucket.clone(), key: s3.filename.clone(), region, keys };
    (faults.len() == before).then(source)
}

fn keys(request: &CopyRequest, faults: &mut Vec<Fault>) -> Option<Keys> {
    let s3 = &request.s3;
    let (id, secret) = match (&s3.aws_access_key_id, &s3.aws_secret_access_key, &s3.aws_session_token) {
        (None, None, None) => return None,
        (Some(id), Some(secret), _) => (id, secret),
        _ => {
            let detail = "aws credentials have to be all provided or none: aws_access_key_id and aws_secret_access_key, and \
                          aws_session_token besides for temporary ones";
            faults.push(fault("/s3", Rule::MissingField, detail));
            return None;
        }
    };
    let keys = Keys::new(id, secret, s3.aws_session_token.as_ref());
    keys.map_err(|error| faults.push(fault("/s3", Rule::BadName, format_args!("aws credentials: {error}")))).ok()
}

fn destination(veracruz: &Destination, faults: &mut Vec<Fault>) -> Option<(FullPolicy, Identity, Target)> {
    let policy = FullPolicy::parse(&veracruz.policy).map_err(|error| faults.extend(in_policy(&error)));
    let identity = Identity::from_pem(&veracruz.certificate, veracruz.key.expose());
    let identity = identity.map_err(|error| faults.push(in_identity(&error)));
    let target = Target::parse(&veracruz.filename);
    let target = target.map_err(|error| faults.push(fault("/veracruz/filename", Rule::BadPath, error)));
    Some((policy.ok()?, identity.ok()?, target.ok()?))
}

/// The policy is a text inside of the body: places in it are named in words, since no pointer leads into a text.
fn in_policy(error: &PolicyError) -> Vec<Fault> {
    let pointer = "/veracruz/policy";
    let violations = error.violations().iter().map(|violation| fault(pointer, violation.rule, violation));
    let faults: Vec<Fault> = violations.collect();
    match faults.is_empty() {
        true => vec![Fault { pointer: pointer.to_owned(), code: error.code().into(), detail: error.to_string() }],
        false => faults,
    }
}

fn in_identity(error: &IdentityError) -> Fault {
    let pointer = match error {
        IdentityError::Key(_) | IdentityError::Mismatch => "/veracruz/key",
        _ => "/veracruz/certificate",
    };
    Fault { pointer: pointer.to_owned(), code: error.code().into(), detail: error.to_string() }
}

/// Refuses what the instance is bound to refuse; what it may still refuse, it does itself.
fn may_write(policy: &FullPolicy, identity: &Identity, target: &Target) -> Result<(), Box<Problem>> {
    let Some(principal) = policy.participant(identity.certificate().der()) else {
        return Ok(()); // the client says so, in its own words
    };
    let allowed = policy.decide(&principal, Action::Write { creates: false }, target);
    allowed.map(drop).map_err(|denial| {
        let code = denial.reason.code();
        let detail = format!("Not able to write file to veracruz instance: {denial}; have the policy give that right");
        let errors =
            [Fault { pointer: "/veracruz/filename".to_owned(), code: code.into(), detail: denial.to_string() }];
        Box::new(Problem::new(403, code, detail).with_errors(errors))
    })
}

fn refused(error: Error) -> Box<Problem> {
    let pointer = match &error {
        Error::Identity(_) => "/veracruz/certificate",
        _ => "/veracruz/policy",
    };
    let detail = error.to_string();
    at(pointer, detail, &CopyError::Instance(Box::new(error)))
}

fn in_the_policy(error: &CopyError) -> Box<Problem> {
    at("/veracruz/policy", error.to_string(), error)
}

fn at(pointer: &str, detail: String, error: &CopyError) -> Box<Problem> {
    let errors = [Fault { pointer: pointer.to_owned(), code: error.code().to_owned().into(), detail }];
    Box::new(Problem::from(error).with_errors(errors))
}
