//! The services, started as an operator would, and a function and a user.

use std::fs;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use tempfile::TempDir;
use veracruz_client::rest::{CcfaasClient, InstanceDescription, Service};
use veracruz_client::{Client, Identity, Session, Trust};
use veracruz_policy::{FullPolicy, Sha256Digest};
use veracruz_tests::guests::guest;
use veracruz_tests::services::{Daemon, binary, free_ports};

/// Bytes of the larger files here: as large as a data file may be.
pub(crate) const LARGE: u64 = 299_999_999;

/// CCFaaS over VaaS over processes.
pub(crate) struct Stage {
    pub(crate) ccfaas: Daemon,
    pub(crate) folder: TempDir,
    certificate: String,
    key: String,
    _vaas: Daemon,
}

impl Stage {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap().pem().trim_end().to_owned();
        fs::write(folder.path().join("authority.pem"), authority()).unwrap();
        let (port, server) = (free_ports(22_000, 4), binary("veracruz-server"));
        let ports = format!("{port}-{}", port + 3);
        let arguments = ["--self-attested", "--attestation-cert", "authority.pem", "--ports", &ports];
        let arguments = [&arguments[..], &["--veracruz-server", server.to_str().unwrap(), "--log", "error"]].concat();
        let vaas = Daemon::start("vaas-server", folder.path(), &arguments, &[]);
        let url = format!("http://{}", vaas.address());
        let arguments = ["--vaas", &url, "--allow-simulated", "--log", "error"];
        let ccfaas = Daemon::start("ccfaas-server", folder.path(), &arguments, &[]);
        Stage { ccfaas, folder, certificate, key: key.serialize_pem(), _vaas: vaas }
    }

    pub(crate) fn client(&self) -> CcfaasClient {
        CcfaasClient::new(Service::at(&format!("http://{}", self.ccfaas.address())).unwrap())
    }

    /// A function with one small program, loaded, and a data file of `data` bytes that is declared.
    pub(crate) async fn register(&self, name: &str, data: Option<Sha256Digest>) {
        let program = guest("nop");
        let right = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
        let files: Vec<_> =
            data.map(|hash| json!({"data_file": "/data/large", "pi_hash": hash.to_string()})).into_iter().collect();
        let function = json!({
            "function": name, "execution_strategy": "JIT", "max_memory_mib": 1024, "debug": false, "enable_clock": false,
            "file_rights": [right("/program/", 534_084), right("/data/", 534_084)],
            "programs": [{
                "id": 0, "program_file_name": "/program/nop.wasm", "pi_hash": Sha256Digest::of(&program).to_string(),
                "file_rights": [right("/data/", 24_582)],
            }],
            "data_files": files,
        });
        let client = self.client();
        client.create_function(&function.to_string()).await.unwrap();
        let length = program.len() as u64;
        client.upload_program(name, "/program/nop.wasm", length, std::io::Cursor::new(program)).await.unwrap();
    }

    /// What the user asks for: writes `/in/`, runs programs.
    pub(crate) fn request(&self, function: &str, instance: &str) -> String {
        let right = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
        json!({"function": function, "instanceid": instance, "identities": [{
            "certificate": self.certificate,
            "file_rights": [right("/in/", 534_084), right("/program/", 536_879_104)],
        }]})
        .to_string()
    }

    /// The user's verified session with the instance.
    pub(crate) async fn session(&self, made: &InstanceDescription) -> Session {
        let identity = Identity::from_pem(&self.certificate, &self.key).unwrap();
        let policy = FullPolicy::parse(&made.policy).unwrap();
        let client = Client::builder(policy, identity).trust(Trust::default().allow_simulated()).build();
        client.unwrap().connect().await.unwrap()
    }

    /// The user's certificate and key, PEM.
    pub(crate) fn user(&self) -> (&str, &str) {
        (&self.certificate, &self.key)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The most memory that a process ever held, in MiB.
pub(crate) fn peak_mib(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let row = status.lines().find(|row| row.starts_with("VmHWM")).unwrap();
    row.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Policies name an attestation server; these instances sign for themselves and never ask one.
fn authority() -> String {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}
