//! What a copy needs besides the daemon: a real S3 server over a folder, and a real instance on the simulated platform.

use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::certificate::Authority;
use veracruz_client::{Client, Identity, Session, Trust};
use veracruz_policy::{
    Authorities, Certificate, Ciphersuite, Endpoint, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};
use veracruz_runtime::Runtime;

/// The access key that the S3 server knows.
pub(crate) const ID: &str = "AKIDTEST";
/// Its secret.
pub(crate) const SECRET: &str = "a-secret-that-must-never-be-shown";
/// Where copies go.
pub(crate) const FILE: &str = "/s3_app_input/data";

const RUNTIME: &[u8] = b"the runtime's binary";

/// A folder with one bucket, the server over it, and an instance. All end with the test's own runtime.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) url: String,
    policy: FullPolicy,
    certificate: String,
    key: String,
    _stop: oneshot::Sender<()>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("bucket")).unwrap();
        let url = serve(&folder).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap().pem();
        let policy = policy(&listener, &certificate);
        let root = Arc::new(SimulatedRoot::generate(OffsetDateTime::now_utc()).unwrap());
        let boot = BootMeasurements::of_program(RUNTIME);
        let nsm = SimulatedNsm::under_root(root, boot, OffsetDateTime::now_utc).unwrap();
        let runtime = Runtime::builder(policy.clone()).start(Arc::new(nsm), Platform::Simulated).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(runtime.serve(listener, async { drop(stopped.await) }));
        World { folder, url, policy, certificate, key: key.serialize_pem(), _stop: stop }
    }

    /// Puts an object of zeros into the bucket.
    pub(crate) fn put(&self, name: &str, length: u64) {
        std::fs::File::create(self.folder.path().join("bucket").join(name)).unwrap().set_len(length).unwrap();
    }

    /// The body of a request, without credentials for S3.
    pub(crate) fn order(&self, object: &str) -> Value {
        json!({
            "s3": { "bucket": "bucket", "filename": object },
            "veracruz": {
                "filename": FILE,
                "policy": self.policy.text(),
                "certificate": self.certificate,
                "key": self.key,
            },
        })
    }

    /// The same for an instance where nobody listens.
    pub(crate) fn order_to_nobody(&self, object: &str) -> Value {
        let mut policy: Value = serde_json::from_str(self.policy.text()).unwrap();
        // The discard service (RFC 863), which no machine has any more.
        policy["veracruz_server_url"] = json!("127.0.0.1:9");
        let mut order = self.order(object);
        order["veracruz"]["policy"] = json!(policy.to_string());
        order
    }

    pub(crate) async fn session(&self) -> Session {
        let identity = Identity::from_pem(&self.certificate, &self.key).unwrap();
        let client = Client::builder(self.policy.clone(), identity).trust(Trust::default().allow_simulated());
        client.build().unwrap().connect().await.unwrap()
    }
}

fn policy(listener: &TcpListener, certificate: &str) -> FullPolicy {
    let endpoint = |text: &str| Endpoint::parse(text).unwrap();
    let authority = Authority::generate(OffsetDateTime::now_utc(), time::Duration::DAY).unwrap();
    let authorities = Authorities::from_pem(&authority.certificate_pem()).unwrap();
    let expiry = Timepoint::new(2036, 1, 1, 0, 0).unwrap();
    let address = endpoint(&listener.local_addr().unwrap().to_string());
    PolicyBuilder::new(address, endpoint("127.0.0.1:3010"), authorities, expiry)
        .ciphersuite(Ciphersuite::Aes128GcmSha256)
        .runtime(Platform::Simulated, Sha256Digest::of(RUNTIME))
        .identity(Certificate::from_pem(certificate).unwrap(), "/s3_app_input/:rw")
        .unwrap()
        .max_memory_mib(512)
        .build()
        .unwrap()
}

/// A real S3 server: the folders of `folder` are its buckets.
async fn serve(folder: &TempDir) -> String {
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
    service.set_auth(SimpleAuth::from_single(ID, SECRET));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let connection = hyper::server::conn::http1::Builder::new();
                drop(connection.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    url
}
