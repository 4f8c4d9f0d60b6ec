//! The instance, out of the function service's hand and back into it: it is deleted whatever happens, or the user is told
//! that it may be left. Another user's instance of the same name is never deleted.

use anyhow::{Context as _, anyhow};
use veracruz_client::rest::{CcfaasClient, Error};
use veracruz_policy::{Certificate, FullPolicy};

use super::operation::Operation;
use crate::ending::{Ending, Ends as _, Failure, Interruption};
use crate::progress::patiently;
use crate::story::Story;

/// The one that is asked for.
pub(super) struct Instance<'r> {
    pub(super) ccfaas: &'r CcfaasClient,
    pub(super) operation: &'r Operation,
}

impl Instance<'_> {
    /// Has it made; gives its policy.
    pub(super) async fn create(&self, interruption: &mut Interruption, story: &mut Story) -> Result<String, Failure> {
        story.step("The function service makes an instance and loads the function into it");
        let making = patiently("the instance starts", self.ccfaas.create_instance(self.operation.request.text()));
        let made = interruption.ends(async { Ok(making.await) }).await;
        let may_be_left = match &made {
            Ok(Ok(_) | Err(Error::Refused(_) | Error::Unreachable { .. })) => false,
            // Its answer may be on its way.
            Ok(Err(_)) | Err(_) => true,
        };
        if may_be_left {
            self.take_back(interruption, story).await;
        }
        Ok(made?.context("the function service made no instance")?.policy)
    }

    /// Deletes it.
    pub(super) async fn delete(&self, interruption: &mut Interruption, story: &mut Story) -> Result<(), Failure> {
        let name = self.name();
        story.step("The user deletes the instance");
        let deleting = patiently("the instance is deleted", self.ccfaas.delete_instance(name));
        let told = || story.warn("the instance is deleted first; another signal ends this at once");
        match interruption.ends_only_again(deleting, told).await {
            Some(Ok(())) => story.done(format!("{name} is deleted, and its place is free")),
            Some(Err(error)) if error.status() == Some(404) => story.done(format!("{name} is gone already")),
            Some(Err(error)) => {
                self.warn_that_it_may_be_left(story, &error.to_string());
                return Err(anyhow!("the instance {name} was not deleted").into());
            }
            None => {
                self.warn_that_it_may_be_left(story, "interrupted");
                return Err(anyhow!("interrupted")).ends(Ending::Interrupted);
            }
        }
        Ok(())
    }

    /// The function service takes back what it was making when it is left alone; what it had made by then is deleted here.
    async fn take_back(&self, interruption: &mut Interruption, story: &mut Story) {
        let looking = patiently("the function service is asked whether it is there", self.is_there());
        let told = || story.warn("it is looked whether an instance is left; another signal ends this at once");
        match interruption.ends_only_again(looking, told).await {
            Some(Ok(false)) => {}
            Some(Ok(true)) => {
                // What went wrong before is told in the end; that it was not deleted is told at once.
                let _ = self.delete(interruption, story).await;
            }
            Some(Err(error)) => self.warn_that_it_may_be_left(story, &error.to_string()),
            None => self.warn_that_it_may_be_left(story, "interrupted"),
        }
    }

    /// Whether there is an instance of this name that knows this user.
    async fn is_there(&self) -> Result<bool, Error> {
        match self.ccfaas.instance(self.name()).await {
            Ok(found) => {
                let user = Certificate::from_pem(&self.operation.user.certificate).ok();
                let policy = FullPolicy::parse(&found.policy).ok();
                let knows =
                    |policy: FullPolicy| policy.identities.iter().any(|one| Some(&one.certificate) == user.as_ref());
                Ok(policy.is_some_and(knows))
            }
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn warn_that_it_may_be_left(&self, story: &Story, why: &str) {
        let name = self.name();
        story.warn(format!("instance {name} may be left: {why}; delete it with `veracruz instance delete {name}`"));
    }

    fn name(&self) -> &str {
        self.operation.request.instanceid.as_str()
    }
}
