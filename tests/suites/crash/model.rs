//! What the services must show: what was acknowledged, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::Variant;

/// Something that a user or an operator does.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Register {
        function: String,
        variant: usize,
    },
    Unregister {
        function: String,
    },
    /// A file by its number in the variant; the right content or another one.
    Upload {
        function: String,
        file: usize,
        right: bool,
    },
    Unload {
        function: String,
        file: usize,
    },
    Create {
        instance: String,
        function: String,
    },
    Delete {
        instance: String,
    },
    /// Its user shuts it down.
    Shut {
        instance: String,
    },
    /// `kill -9` of its process.
    Strike {
        instance: String,
    },
    /// Runs what is in it, and reads its files.
    Use {
        instance: String,
    },
    /// From S3, waited for or as a job.
    Copy {
        instance: String,
        object: usize,
        to: usize,
        as_job: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) variant: usize,
    pub(crate) loaded: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    /// Shut down by its user, or killed.
    Over,
    /// Its deletion was begun and could not be finished.
    Doomed,
}

#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) policy: String,
    pub(crate) state: State,
    /// As its function was when it was made.
    pub(crate) made_of: Function,
    /// Which object is in which place.
    pub(crate) copies: BTreeMap<usize, usize>,
}

/// What there must be.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) functions: BTreeMap<String, Function>,
    pub(crate) instances: BTreeMap<String, Instance>,
}

impl Model {
    /// The code of the refusal, where there must be one.
    pub(crate) fn refusal(&self, operation: &Operation) -> Option<&'static str> {
        match operation {
            Operation::Register { function, .. } => self.functions.contains_key(function).then_some("function-exists"),
            Operation::Unregister { function } => self.without(function),
            Operation::Upload { function, file, right } => self.without(function).or_else(|| {
                let loaded = self.functions[function].loaded.contains(file);
                loaded.then_some("file-exists").or((!right).then_some("hash-mismatch"))
            }),
            Operation::Unload { function, file } => self.without(function).or_else(|| {
                let loaded = self.functions[function].loaded.contains(file);
                (!loaded).then_some("file-not-loaded")
            }),
            Operation::Create { instance, function } => self.without(function).or_else(|| {
                let running = self.instances.get(instance).is_some_and(|known| known.state == State::Running);
                running.then_some("instance-exists")
            }),
            Operation::Delete { instance } => (!self.instances.contains_key(instance)).then_some("instance-not-found"),
            Operation::Shut { .. } | Operation::Strike { .. } | Operation::Use { .. } | Operation::Copy { .. } => None,
        }
    }

    fn without(&self, function: &str) -> Option<&'static str> {
        (!self.functions.contains_key(function)).then_some("function-not-found")
    }

    /// It was done. `policy` is that of a new instance.
    pub(crate) fn done(&mut self, operation: &Operation, policy: String) {
        match operation {
            Operation::Register { function, variant } => {
                let registered = Function { variant: *variant, loaded: BTreeSet::new() };
                self.functions.insert(function.clone(), registered);
            }
            Operation::Unregister { function } => drop(self.functions.remove(function)),
            Operation::Upload { function, file, .. } => {
                self.functions.get_mut(function).unwrap().loaded.insert(*file);
            }
            Operation::Unload { function, file } => {
                self.functions.get_mut(function).unwrap().loaded.remove(file);
            }
            Operation::Create { instance, function } => {
                let made_of = self.functions[function].clone();
                let made = Instance { policy, state: State::Running, made_of, copies: BTreeMap::new() };
                self.instances.insert(instance.clone(), made);
            }
            Operation::Delete { instance } => drop(self.instances.remove(instance)),
            Operation::Shut { instance } | Operation::Strike { instance } => self.become_of(instance, State::Over),
            Operation::Use { .. } => {}
            Operation::Copy { instance, object, to, .. } => {
                self.instances.get_mut(instance).unwrap().copies.insert(*to, *object);
            }
        }
    }

    /// It could not be done since another service was dead. A deletion must be repeated then; a creation has taken the
    /// name from an instance that was over.
    pub(crate) fn failed(&mut self, operation: &Operation) {
        match operation {
            Operation::Delete { instance } => self.become_of(instance, State::Doomed),
            Operation::Create { instance, .. } => drop(self.instances.remove(instance)),
            _ => {}
        }
    }

    /// The function service was started anew: it finishes what was to be deleted.
    pub(crate) fn forget_doomed(&mut self) {
        self.instances.retain(|_, instance| instance.state != State::Doomed);
    }

    fn become_of(&mut self, instance: &str, state: State) {
        self.instances.get_mut(instance).unwrap().state = state;
    }

    pub(crate) fn running(&self) -> Vec<&String> {
        self.instances.iter().filter(|(_, instance)| instance.state == State::Running).map(|(name, _)| name).collect()
    }

    /// Loaded files of functions.
    pub(crate) fn digests(&self, variants: &[Variant]) -> Vec<String> {
        let loaded = self.functions.values().flat_map(|function| {
            function.loaded.iter().map(|file| variants[function.variant].files[*file].digest.to_string())
        });
        let mut digests: Vec<_> = loaded.collect();
        digests.sort();
        digests
    }
}
