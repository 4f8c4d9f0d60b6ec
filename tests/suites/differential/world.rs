//! The services that the cases ask: all of them in one process, started once, and daemons of their own where a case needs
//! one that is set up otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use veracruz_policy::FullPolicy;
use veracruz_tests::services::{Daemon, Up, free_ports};

use crate::documents::{
    NAMES, NAMES_CONTENT, PROGRAM, PROGRAM_CONTENT, Person, WEIGHTS, WEIGHTS_CONTENT, base64, function, user_policy,
};
use crate::http::{Door, Http};

/// Ports for instances of all cases at once. The row begins behind those of the other suites.
const SLOTS: u16 = 64;
const FIRST_PORT: u16 = 23_000;

/// What the cases share.
pub(crate) struct World {
    pub(crate) http: Http,
    pub(crate) up: Up,
    pub(crate) ccfaas: Door,
    pub(crate) vaas: Door,
    pub(crate) s3_app: Door,
    given: AtomicU32,
}

impl World {
    pub(crate) fn start() -> Self {
        let (http, up) = (Http::new(), Up::start(FIRST_PORT, SLOTS));
        let [ccfaas, vaas, s3_app] = ["ccfaas", "vaas", "s3_app"].map(|service| http.door(&up.url(service)));
        World { http, up, ccfaas, vaas, s3_app, given: AtomicU32::new(0) }
    }

    /// A name that no other case has.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.given.fetch_add(1, Ordering::Relaxed))
    }

    /// A registered function with all its files.
    pub(crate) fn function(&self) -> String {
        let name = self.name("function");
        register(&self.ccfaas, &name);
        name
    }

    /// An instance of it.
    pub(crate) fn instance(&self, function: &str) -> Instance {
        Instance::create(&self.ccfaas, function, &self.name("instance"))
    }

    /// An instance that VaaS was asked for directly.
    pub(crate) fn runtime(&self) -> Runtime {
        Runtime::create(&self.vaas, Some(&self.name("id")))
    }

    /// An object in the bucket `sensors`.
    pub(crate) fn object(&self, content: &[u8]) -> String {
        let name = self.name("object");
        fs::write(self.up.folder().join("state/objects/sensors").join(&name), content).unwrap();
        name
    }
}

/// Registers the published example under this name, and loads all its files.
pub(crate) fn register(ccfaas: &Door, name: &str) {
    assert_eq!(ccfaas.post("/function", &function(name)).status, 200);
    let program = format!("/function/{name}/program/{}", base64(PROGRAM));
    ccfaas.post_raw(&program, PROGRAM_CONTENT).says("function loaded!");
    for (file, content) in [(NAMES, NAMES_CONTENT), (WEIGHTS, WEIGHTS_CONTENT)] {
        let path = format!("/function/{name}/data_file/{}", base64(file));
        ccfaas.post_raw(&path, content).says(&format!("data_file {file} loaded!"));
    }
}

/// An instance that CCFaaS made.
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) policy: String,
    pub(crate) user: Person,
    pub(crate) app: Person,
}

impl Instance {
    pub(crate) fn create(ccfaas: &Door, function: &str, name: &str) -> Self {
        let (app, user) = (Person::new("S3 app"), Person::new("user"));
        let made = ccfaas.post("/instance", &user_policy(function, name, &app, &user)).object(&["instance", "policy"]);
        assert_eq!(made["instance"], name);
        Instance { name: name.to_owned(), policy: made["policy"].as_str().unwrap().to_owned(), user, app }
    }

    pub(crate) fn path(&self) -> String {
        format!("/instance/{}", self.name)
    }

    /// By which VaaS knows it.
    pub(crate) fn hash(&self) -> String {
        short_hash(&self.policy)
    }
}

/// An instance that VaaS made.
pub(crate) struct Runtime {
    pub(crate) id: Option<String>,
    pub(crate) hash: String,
    pub(crate) policy: String,
    pub(crate) person: Person,
}

impl Runtime {
    pub(crate) fn create(vaas: &Door, id: Option<&str>) -> Self {
        let person = Person::new("participant");
        let keys: &[&str] =
            if id.is_some() { &["instance_id", "instance_hash", "policy"] } else { &["instance_hash", "policy"] };
        let made = vaas.post("/veracruz", &person.vaas_policy(id)).object(keys);
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        Runtime { id: id.map(str::to_owned), hash: text("instance_hash"), policy: text("policy"), person }
    }

    pub(crate) fn port(&self) -> u16 {
        port(&self.policy)
    }

    /// Where it is, with all that it is known by.
    pub(crate) fn path(&self) -> String {
        format!("{}?{}", self.place(), self.query())
    }

    /// Where it is.
    pub(crate) fn place(&self) -> String {
        format!("/veracruz/{}", FullPolicy::parse(&self.policy).unwrap().veracruz_server_url)
    }

    pub(crate) fn query(&self) -> String {
        let id = self.id.as_ref().map(|id| format!("&instance_id={id}")).unwrap_or_default();
        format!("instance_hash={}{id}", self.hash)
    }
}

/// The hash of a policy as VaaS cuts it.
pub(crate) fn short_hash(policy: &str) -> String {
    FullPolicy::parse(policy).unwrap().hash().to_string().chars().take(59).collect()
}

pub(crate) fn port(policy: &str) -> u16 {
    FullPolicy::parse(policy).unwrap().veracruz_server_url.port().unwrap()
}

/// Names of the instances that VaaS lists under this id, with their states.
pub(crate) fn listed(vaas: &Door, id: &str) -> Vec<(String, String)> {
    let list = vaas.get(&format!("/veracruz?instance_id={id}")).object(&["veracruz"]);
    let entries = list["veracruz"].as_array().unwrap().iter().flat_map(|entry| entry.as_object().unwrap());
    entries.map(|(name, entry)| (name.clone(), entry["status"].as_str().unwrap().to_owned())).collect()
}

/// A function service of its own.
pub(crate) struct Functions {
    pub(crate) folder: TempDir,
    pub(crate) daemon: Daemon,
    pub(crate) door: Door,
    /// By which VaaS knows its instances.
    pub(crate) id: String,
}

impl Functions {
    /// One that has its instances from the VaaS at this address.
    pub(crate) fn start(world: &World, vaas: &str, arguments: &[&str]) -> Self {
        let (folder, id) = (TempDir::new().unwrap(), world.name("ccfaas"));
        let vaas = format!("http://{vaas}");
        let usual = ["--vaas", vaas.as_str(), "--vaas-instance-id", &id, "--allow-simulated"];
        let daemon = Daemon::start("ccfaas-server", folder.path(), &[&usual, arguments].concat(), &[]);
        let door = world.http.door(daemon.address());
        Functions { folder, daemon, door, id }
    }

    /// The contents of files, where it keeps them.
    pub(crate) fn contents(&self) -> Vec<PathBuf> {
        files_below(&self.folder.path().join("ccfaas-server-state/contents"))
    }
}

/// An instance service of its own, whose instances are processes.
pub(crate) struct Host {
    pub(crate) folder: TempDir,
    pub(crate) door: Door,
    pub(crate) first: u16,
    arguments: Vec<String>,
    daemon: Option<Daemon>,
    http: Http,
}

impl Host {
    /// With so many ports, from the first free row of them from `first` on.
    pub(crate) fn start(world: &World, (first, slots): (u16, u16), arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        fs::write(folder.path().join("ca.pem"), authority).unwrap();
        let first = free_ports(first, slots);
        let ports = format!("{first}-{}", first + slots - 1);
        let usual = ["--attestation-cert", "ca.pem", "--self-attested", "--ports", &ports];
        let arguments: Vec<_> = usual.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect();
        let door = world.http.door("");
        let mut host = Host { folder, door, first, arguments, daemon: None, http: world.http.clone() };
        host.start_again();
        host
    }

    /// Starts the service, which does not run or is killed before, in the same folder.
    pub(crate) fn start_again(&mut self) {
        self.kill();
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let daemon = Daemon::start("vaas-server", self.folder.path(), &arguments, &[]);
        self.door = self.http.door(daemon.address());
        self.daemon = Some(daemon);
    }

    /// As `kill -9` ends it; instances go on.
    pub(crate) fn kill(&mut self) {
        drop(self.daemon.take());
    }

    /// The instances' folders.
    pub(crate) fn instances(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("vaas-server-state/instances")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The processes that run instances.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        let state = self.folder.path().join("vaas-server-state");
        let ours = |pid: i32| {
            let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let mut arguments =
                arguments.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
            arguments.nth(1).is_some_and(|policy| Path::new(&policy).starts_with(&state))
        };
        let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
        let numbers = names.filter_map(|name| name.to_str()?.parse().ok());
        numbers.filter(|pid| ours(*pid)).filter_map(Pid::from_raw).collect()
    }
}

/// Nothing stays behind a case, however it ends.
impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
        for pid in self.processes() {
            let _gone = kill_process(pid, Signal::KILL);
        }
    }
}

/// All files below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A key of a JSON value, as a text.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}
