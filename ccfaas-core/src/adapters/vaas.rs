//! VaaS over HTTP.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use veracruz_client::rest::{Error, VaasClient};
use veracruz_policy::{Endpoint, Name, VaasPolicy};
use veracruz_rest::{Problem, VeracruzCreated, VeracruzList};

use crate::ports::{Address, InstanceService, VaasError};

/// The code of VaaS's own problem.
const NO_SUCH_INSTANCE: &str = "no-such-instance";

/// A VaaS somewhere.
#[derive(Clone, Debug)]
pub struct VaasService(VaasClient);

impl VaasService {
    /// The one that `client` asks. The function service bounds each call itself, so the client's own time limits should
    /// not be lower than [`Times`](crate::Times).
    pub fn new(client: VaasClient) -> Self {
        VaasService(client)
    }
}

impl InstanceService for VaasService {
    fn create<'a>(&'a self, policy: &'a VaasPolicy) -> BoxFuture<'a, Result<VeracruzCreated, VaasError>> {
        async move { self.0.create(policy.text()).await.map_err(failed) }.boxed()
    }

    fn list<'a>(&'a self, instance_id: &'a Name) -> BoxFuture<'a, Result<VeracruzList, VaasError>> {
        async move { self.0.list(Some(instance_id.as_str()), None).await.map_err(failed) }.boxed()
    }

    fn delete<'a>(&'a self, instance_id: &'a Name, address: &'a Address) -> BoxFuture<'a, Result<(), VaasError>> {
        async move {
            let Address { endpoint, hash } = address;
            match self.0.delete(endpoint, Some(instance_id.as_str()), Some(hash)).await {
                Err(error) if is_gone(&error, endpoint) => Ok(()),
                deleted => deleted.map_err(failed),
            }
        }
        .boxed()
    }
}

/// Whether VaaS itself says that the instance is not there: ours by its code, the i-poc's by its sentence. Any other 404
/// is of somebody on the way, who knows nothing of instances.
fn is_gone(error: &Error, endpoint: &Endpoint) -> bool {
    match error {
        Error::Refused(problem) => problem.status == 404 && problem.code == NO_SUCH_INSTANCE,
        Error::RefusedInWords { status: 404, text, .. } => {
            let sentence = text.trim_start_matches("<p>").trim_end_matches("</p>");
            let rest = sentence.strip_prefix(&format!("Veracruz instance '{endpoint}'"));
            // A long instance_id in between may have cost it its end.
            rest.is_some_and(|rest| rest.ends_with(" does not exist!") || rest.ends_with('…'))
        }
        _ => false,
    }
}

fn failed(error: Error) -> VaasError {
    match error {
        Error::Refused(problem) => VaasError::Refused(problem),
        // A VaaS of the i-poc: its paragraphs are texts for people.
        Error::RefusedInWords { status, text, .. } => {
            VaasError::Refused(Problem::new(status, "refused-in-words", text).into())
        }
        Error::Timeout { seconds, .. } => VaasError::Late(seconds),
        Error::TooLarge { .. } | Error::Protocol { .. } => VaasError::Unintelligible(error.to_string()),
        error => VaasError::Unreachable(error.to_string()),
    }
}
