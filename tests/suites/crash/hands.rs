//! Does what is to be done, and tells what came of it.

use std::io::Cursor;
use std::sync::Arc;

use veracruz_client::rest::{CcfaasClient, CopyStatus, Error, S3AppClient, VaasClient};
use veracruz_client::{Compute, Session};
use veracruz_policy::FullPolicy;

use crate::content::{Content, Kind, SMALL_PROGRAM, Variant};
use crate::model::{Instance, Model, Operation};
use crate::people::{COPIES, People};
use crate::world::{Part, World, strike, until};

/// More than any file has.
const MOST: u64 = 1 << 26;

/// Why an operation was not acknowledged.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A service said no.
    Refused { status: u16, code: String },
    /// The connection ended without an answer.
    Silent,
}

/// The services and the people, with connections that are new after each start of a service.
pub(crate) struct Hands {
    pub(crate) ccfaas: CcfaasClient,
    pub(crate) vaas: VaasClient,
    s3_app: S3AppClient,
    pub(crate) people: Arc<People>,
    pub(crate) variants: Arc<[Variant]>,
    pub(crate) objects: Arc<[Vec<u8>]>,
}

impl Hands {
    pub(crate) fn new(world: &World) -> Self {
        let variants: Vec<_> = (0..3).map(Variant::new).collect();
        let mut random = fastrand::Rng::with_seed(0);
        let objects: Vec<Vec<u8>> =
            [0, 100, 3 << 20].into_iter().map(|length| (0..length).map(|_| random.u8(..)).collect()).collect();
        for (number, object) in objects.iter().enumerate() {
            world.store(&number.to_string(), object);
        }
        Hands {
            ccfaas: world.ccfaas(),
            vaas: world.vaas(),
            s3_app: world.s3_app(),
            people: Arc::new(People::new(world.trust())),
            variants: variants.into(),
            objects: objects.into(),
        }
    }

    /// Forgets the connections.
    pub(crate) fn wash(&mut self, world: &World) {
        (self.ccfaas, self.vaas, self.s3_app) = (world.ccfaas(), world.vaas(), world.s3_app());
    }

    /// Who is asked, and whom that one asks.
    pub(crate) fn involved(operation: &Operation) -> (Option<Part>, &'static [Part]) {
        match operation {
            Operation::Register { .. }
            | Operation::Unregister { .. }
            | Operation::Upload { .. }
            | Operation::Unload { .. } => (Some(Part::Ccfaas), &[]),
            Operation::Create { .. } => (Some(Part::Ccfaas), &[Part::Vaas, Part::Attestation]),
            Operation::Delete { .. } => (Some(Part::Ccfaas), &[Part::Vaas]),
            Operation::Copy { .. } => (Some(Part::S3App), &[Part::S3Server]),
            Operation::Shut { .. } | Operation::Strike { .. } | Operation::Use { .. } => (None, &[]),
        }
    }

    /// Gives the policy of a new instance.
    pub(crate) async fn perform(&self, operation: &Operation, model: &Model, world: &World) -> Result<String, Failure> {
        let ccfaas = &self.ccfaas;
        match operation {
            Operation::Register { function, variant } => {
                told(ccfaas.create_function(self.variants[*variant].policy(function)).await).map(nothing)
            }
            Operation::Unregister { function } => told(ccfaas.delete_function(function).await).map(nothing),
            Operation::Upload { function, file, right } => {
                told(self.upload(function, self.file(model, function, *file), *right).await).map(nothing)
            }
            Operation::Unload { function, file } => {
                told(self.unload(function, self.file(model, function, *file)).await).map(nothing)
            }
            Operation::Create { instance, function } => {
                let made = ccfaas.create_instance(self.people.policy(function, instance)).await;
                told(made).map(|made| made.policy)
            }
            Operation::Delete { instance } => told(ccfaas.delete_instance(instance).await).map(nothing),
            Operation::Shut { instance } => {
                let session = self.people.connect(&model.instances[instance].policy).await;
                session.shutdown().await.unwrap();
                Ok(String::new())
            }
            Operation::Strike { instance } => {
                strike(world.processes()[&port(&model.instances[instance].policy)]);
                Ok(String::new())
            }
            Operation::Use { instance } => {
                self.examine(&model.instances[instance]).await;
                Ok(String::new())
            }
            Operation::Copy { instance, object, to, as_job } => {
                let policy = &model.instances[instance].policy;
                let request = self.people.copy(policy, &object.to_string(), &place(*to));
                match as_job {
                    true => self.copy_as_job(&request).await.map(nothing),
                    false => told(self.s3_app.copy(&request).await).map(nothing),
                }
            }
        }
    }

    /// The file of the function as it is registered, or any where it is not.
    fn file(&self, model: &Model, function: &str, file: usize) -> &Content {
        let variant = model.functions.get(function).map_or(0, |function| function.variant);
        &self.variants[variant].files[file]
    }

    async fn upload(&self, function: &str, file: &Content, right: bool) -> Result<(), Error> {
        let bytes = if right { file.bytes.clone() } else { [&file.bytes[..], b"more"].concat().into() };
        upload(&self.ccfaas, function, file.kind, file.path, bytes).await
    }

    async fn unload(&self, function: &str, file: &Content) -> Result<(), Error> {
        match file.kind {
            Kind::Program => self.ccfaas.delete_program(function, file.path).await,
            Kind::DataFile => self.ccfaas.delete_data_file(function, file.path).await,
        }
    }

    async fn copy_as_job(&self, request: &veracruz_client::rest::CopyRequest) -> Result<(), Failure> {
        let mut job = told(self.s3_app.start(request).await)?;
        while job.status == CopyStatus::Running {
            job = match told(self.s3_app.job(&job.job).await) {
                // The service of now never heard of it.
                Err(Failure::Refused { status: 404, .. }) => return Err(Failure::Silent),
                told => told?,
            };
        }
        match job.problem {
            None => Ok(()),
            Some(problem) => Err(Failure::Refused { status: problem.status, code: problem.code.to_string() }),
        }
    }

    /// Everything that must be in a running instance is in it, and what is in it can be used.
    pub(crate) async fn examine(&self, instance: &Instance) {
        let mut session = self.people.connect(&instance.policy).await;
        let variant = &self.variants[instance.made_of.variant];
        for (number, file) in variant.files.iter().enumerate() {
            let found = read(&mut session, file.path).await;
            let wanted = instance.made_of.loaded.contains(&number).then_some(&file.bytes[..]);
            assert!(found.as_deref() == wanted, "{} is not in the instance as it should", file.path);
        }
        if instance.made_of.loaded.contains(&SMALL_PROGRAM) {
            let program = variant.files[SMALL_PROGRAM].path;
            assert_eq!(session.compute(program, Compute::new()).await.unwrap(), 0);
            assert_eq!(session.read("stdout", MOST).await.unwrap(), variant.says().into_bytes());
        }
        for to in 0..PLACES {
            let found = read(&mut session, &format!("{COPIES}{}", place(to))).await;
            let wanted = instance.copies.get(&to).map(|object| &self.objects[*object]);
            assert!(found.as_ref() == wanted, "the copy {to} is not in the instance as it should");
        }
        session.close().await.unwrap();
    }

    /// Which object is at this place of an instance.
    pub(crate) async fn copied(&self, instance: &Instance, to: usize) -> Option<usize> {
        let mut session = self.people.connect(&instance.policy).await;
        let found = read(&mut session, &format!("{COPIES}{}", place(to))).await?;
        let object = self.objects.iter().position(|object| *object == found);
        Some(object.unwrap_or_else(|| panic!("{} bytes of an object are in the instance", found.len())))
    }

    /// Returns when VaaS has taken note that the instance ended.
    pub(crate) async fn seen_to_end(&self, policy: &str) {
        let (port, hash) = (port(policy), FullPolicy::parse(policy).unwrap().hash().to_string());
        until("VaaS notices the end of an instance", async || {
            let list = self.vaas.list(None, Some(&hash)).await.unwrap();
            let mut entries = list.veracruz.iter().flatten();
            !entries.any(|(name, entry)| name.ends_with(&format!(":{port}")) && !entry.status.is_over())
        })
        .await;
    }
}

/// Places for copies in an instance.
pub(crate) const PLACES: usize = 2;

fn place(to: usize) -> String {
    format!("copy-{to}")
}

/// Where the instance of this policy listens.
pub(crate) fn port(policy: &str) -> u16 {
    FullPolicy::parse(policy).unwrap().veracruz_server_url.port().unwrap()
}

/// Uploads a file.
pub(crate) async fn upload(
    ccfaas: &CcfaasClient,
    function: &str,
    kind: Kind,
    path: &str,
    bytes: Arc<[u8]>,
) -> Result<(), Error> {
    let (length, reader) = (bytes.len() as u64, Cursor::new(bytes));
    match kind {
        Kind::Program => ccfaas.upload_program(function, path, length, reader).await,
        Kind::DataFile => ccfaas.upload_data_file(function, path, length, reader).await,
    }
}

/// No policy.
fn nothing<T>(_: T) -> String {
    String::new()
}

/// What the service said, if it said something.
pub(crate) fn told<T>(answer: Result<T, Error>) -> Result<T, Failure> {
    answer.map_err(|error| match error {
        Error::Refused(problem) => Failure::Refused { status: problem.status, code: problem.code.to_string() },
        Error::Unreachable { .. } | Error::Lost { .. } => Failure::Silent,
        error => panic!("{error}"),
    })
}

async fn read(session: &mut Session, path: &str) -> Option<Vec<u8>> {
    match session.read(path, MOST).await {
        Ok(content) => Some(content),
        Err(error) if error.code() == "not-found" => None,
        Err(error) => panic!("{path}: {error} ({})", error.code()),
    }
}
