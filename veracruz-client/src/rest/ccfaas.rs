//! CCFaaS: functions, their programs and data files, and instances of them.

use tokio::io::AsyncRead;
use veracruz_rest::{DataFileList, FunctionList, InstanceDescription, InstanceList, ProgramList};

use super::call::Call;
use super::error::Error;
use super::path::Path;
use super::service::{CREATION_TIMEOUT, Service, UPLOAD_TIMEOUT};

/// The function service.
#[derive(Clone, Debug)]
pub struct CcfaasClient {
    service: Service,
}

/// What both kinds of file have in common.
#[derive(Clone, Copy)]
enum Kind {
    Program,
    DataFile,
}

impl Kind {
    const fn segment(self) -> &'static str {
        match self {
            Kind::Program => "program",
            Kind::DataFile => "data_file",
        }
    }
}

/// Each method fails with an [`Error`]: the service's own refusal, or why it cannot be asked. File names are the names
/// inside the instance, such as `/program/detector.wasm`.
impl CcfaasClient {
    /// The function service there.
    pub fn new(service: Service) -> Self {
        CcfaasClient { service }
    }

    /// Where it is.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The registered functions behind the name `after`, at most `limit`; all of them without either.
    pub async fn functions(&self, after: Option<&str>, limit: Option<u32>) -> Result<FunctionList, Error> {
        let limit = limit.map(|limit| limit.to_string());
        let path = Path::of("function").query("after", after).query("limit", limit.as_deref());
        Call::get(&self.service, &path).send().await?.value()
    }

    /// Registers a function: a function policy as JSON text. The answer is what was registered.
    pub async fn create_function(&self, policy: impl Into<String>) -> Result<String, Error> {
        Call::post(&self.service, &Path::of("function")).json(policy.into()).send().await?.json_text()
    }

    /// The function policy as it was registered, as JSON text.
    pub async fn function(&self, name: &str) -> Result<String, Error> {
        Call::get(&self.service, &function(name)?).send().await?.json_text()
    }

    /// Removes a function with its files. Instances of it go on.
    pub async fn delete_function(&self, name: &str) -> Result<(), Error> {
        Call::delete(&self.service, &function(name)?).send().await.map(drop)
    }

    /// The programs that are loaded, in base64 (see [`veracruz_rest::encode_segment`]).
    pub async fn programs(&self, function: &str) -> Result<ProgramList, Error> {
        Call::get(&self.service, &files(function, Kind::Program)?).send().await?.value()
    }

    /// The data files that are loaded, in base64 (see [`veracruz_rest::encode_segment`]).
    pub async fn data_files(&self, function: &str) -> Result<DataFileList, Error> {
        Call::get(&self.service, &files(function, Kind::DataFile)?).send().await?.value()
    }

    /// Uploads the `length` bytes of a program that the function declares.
    pub async fn upload_program(
        &self,
        function: &str,
        file_name: &str,
        length: u64,
        reader: impl AsyncRead + Send + 'static,
    ) -> Result<(), Error> {
        self.upload(file(function, Kind::Program, file_name)?, length, reader).await
    }

    /// Uploads the `length` bytes of a data file that the function declares.
    pub async fn upload_data_file(
        &self,
        function: &str,
        file_name: &str,
        length: u64,
        reader: impl AsyncRead + Send + 'static,
    ) -> Result<(), Error> {
        self.upload(file(function, Kind::DataFile, file_name)?, length, reader).await
    }

    /// Whether a program that the function declares is loaded.
    pub async fn program_is_loaded(&self, function: &str, file_name: &str) -> Result<bool, Error> {
        self.is_loaded(file(function, Kind::Program, file_name)?).await
    }

    /// Whether a data file that the function declares is loaded.
    pub async fn data_file_is_loaded(&self, function: &str, file_name: &str) -> Result<bool, Error> {
        self.is_loaded(file(function, Kind::DataFile, file_name)?).await
    }

    /// Unloads a program; the function goes on declaring it.
    pub async fn delete_program(&self, function: &str, file_name: &str) -> Result<(), Error> {
        Call::delete(&self.service, &file(function, Kind::Program, file_name)?).send().await.map(drop)
    }

    /// Unloads a data file; the function goes on declaring it.
    pub async fn delete_data_file(&self, function: &str, file_name: &str) -> Result<(), Error> {
        Call::delete(&self.service, &file(function, Kind::DataFile, file_name)?).send().await.map(drop)
    }

    /// The instances.
    pub async fn instances(&self) -> Result<InstanceList, Error> {
        Call::get(&self.service, &Path::of("instance")).send().await?.value()
    }

    /// Creates an instance: a user policy as JSON text. Returns when it holds all files of its function.
    ///
    /// The policy in the answer is the service's word: audit it (`veracruz_policy::audit`) before anything is sent there.
    pub async fn create_instance(&self, user_policy: impl Into<String>) -> Result<InstanceDescription, Error> {
        let call = Call::post(&self.service, &Path::of("instance")).json(user_policy.into());
        call.within(CREATION_TIMEOUT).send().await?.value()
    }

    /// An instance with its policy.
    pub async fn instance(&self, name: &str) -> Result<InstanceDescription, Error> {
        Call::get(&self.service, &Path::of("instance").named(name)?).send().await?.value()
    }

    /// Ends an instance, if it still runs, and removes it.
    pub async fn delete_instance(&self, name: &str) -> Result<(), Error> {
        Call::delete(&self.service, &Path::of("instance").named(name)?).send().await.map(drop)
    }

    async fn upload(&self, path: Path, length: u64, reader: impl AsyncRead + Send + 'static) -> Result<(), Error> {
        Call::post(&self.service, &path).file(length, reader).within(UPLOAD_TIMEOUT).send().await.map(drop)
    }

    /// 404 has three reasons; only one of them is an answer.
    async fn is_loaded(&self, path: Path) -> Result<bool, Error> {
        match Call::get(&self.service, &path).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code().ends_with("-not-loaded") => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn function(name: &str) -> Result<Path, Error> {
    Path::of("function").named(name)
}

fn files(name: &str, kind: Kind) -> Result<Path, Error> {
    Ok(function(name)?.then(kind.segment()))
}

fn file(name: &str, kind: Kind, file_name: &str) -> Result<Path, Error> {
    Ok(files(name, kind)?.file(file_name))
}
