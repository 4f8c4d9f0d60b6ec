//! What came of an operation, and whether that may be.

use super::{Script, kind};
use crate::content::Kind;
use crate::hands::{Failure, Hands};
use crate::model::Operation;
use crate::world::Part;

impl Script {
    /// Brings the model up to what happened, if that may happen.
    pub(super) async fn answered(&mut self, operation: &Operation, outcome: Result<String, Failure>, killed: &[Part]) {
        let (asked, others) = Hands::involved(operation);
        let refusal = self.model.refusal(operation);
        let is_dead = |part: &Part| killed.contains(part);
        match outcome {
            Ok(policy) => {
                assert_eq!(refusal, None, "{}", self.told("it was done"));
                self.model.done(operation, policy);
            }
            Err(Failure::Refused { code, .. }) if refusal == Some(code.as_str()) => {}
            Err(Failure::Refused { status: 500.., .. }) if others.iter().any(is_dead) => {
                if refusal.is_none() {
                    self.model.failed(operation);
                    self.count_cut(operation, "refused");
                }
            }
            Err(Failure::Silent) if asked.as_ref().is_some_and(is_dead) => {
                if refusal.is_none() {
                    let done = self.resolve(operation).await;
                    self.count_cut(operation, if done { "done" } else { "not done" });
                }
            }
            Err(failure) => panic!("{}", self.told(&format!("expected {refusal:?}, got {failure:?}"))),
        }
        if is_dead(&Part::Ccfaas) {
            self.model.forget_doomed();
        }
        if let Operation::Shut { instance } | Operation::Strike { instance } = operation {
            self.hands.seen_to_end(&self.model.instances[instance].policy).await;
        }
    }

    fn count_cut(&mut self, operation: &Operation, became: &'static str) {
        *self.cut.entry((kind(operation), became)).or_default() += 1;
    }

    /// Nobody answered: it was done wholly or not at all, and the services say which.
    async fn resolve(&mut self, operation: &Operation) -> bool {
        let ccfaas = &self.hands.ccfaas;
        let done = match operation {
            Operation::Register { function, .. } => self.is_there(function).await,
            Operation::Unregister { function } => !self.is_there(function).await,
            Operation::Upload { function, file, .. } => self.is_loaded(function, *file).await,
            Operation::Unload { function, file } => !self.is_loaded(function, *file).await,
            Operation::Create { instance, .. } => return self.resolve_creation(operation, instance).await,
            Operation::Delete { instance } => !ccfaas.instances().await.unwrap().instances.contains(instance),
            Operation::Copy { instance, object, to, .. } => {
                let known = &self.model.instances[instance];
                let found = self.hands.copied(known, *to).await;
                assert!(found == Some(*object) || found == known.copies.get(to).copied(), "{found:?}");
                found == Some(*object)
            }
            Operation::Shut { .. } | Operation::Strike { .. } | Operation::Use { .. } => true,
        };
        if done {
            self.model.done(operation, String::new());
        }
        done
    }

    /// The new instance, or the one that was over, or none.
    async fn resolve_creation(&mut self, operation: &Operation, instance: &str) -> bool {
        let before = self.model.instances.get(instance).map(|known| known.policy.clone());
        if !self.hands.ccfaas.instances().await.unwrap().instances.iter().any(|name| name == instance) {
            self.model.instances.remove(instance);
            return false;
        }
        let now = self.hands.ccfaas.instance(instance).await.unwrap().policy;
        let done = before.as_ref() != Some(&now);
        if done {
            self.model.done(operation, now);
        }
        done
    }

    async fn is_there(&self, function: &str) -> bool {
        self.hands.ccfaas.functions(None, None).await.unwrap().functions.iter().any(|name| name == function)
    }

    async fn is_loaded(&self, function: &str, file: usize) -> bool {
        let file = &self.hands.variants[self.model.functions[function].variant].files[file];
        let ccfaas = &self.hands.ccfaas;
        match file.kind {
            Kind::Program => ccfaas.program_is_loaded(function, file.path).await.unwrap(),
            Kind::DataFile => ccfaas.data_file_is_loaded(function, file.path).await.unwrap(),
        }
    }
}
