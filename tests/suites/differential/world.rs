//! The services that most cases ask, all of them in one process that is started once, and what cases make there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use veracruz_policy::FullPolicy;
use veracruz_tests::services::Up;

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

/// An instance that CCFaaS made; deleted when this is dropped.
pub(crate) struct Instance {
    door: Door,
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
        let policy = text(&made, "policy").to_owned();
        Instance { door: ccfaas.clone(), name: name.to_owned(), policy, user, app }
    }

    pub(crate) fn path(&self) -> String {
        format!("/instance/{}", self.name)
    }

    /// By which VaaS knows it.
    pub(crate) fn hash(&self) -> String {
        short_hash(&self.policy)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.door.clear(&self.path());
    }
}

/// An instance that VaaS made; deleted when this is dropped.
pub(crate) struct Runtime {
    door: Door,
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
        let (hash, policy) = (text(&made, "instance_hash").to_owned(), text(&made, "policy").to_owned());
        Runtime { door: vaas.clone(), id: id.map(str::to_owned), hash, policy, person }
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

impl Drop for Runtime {
    fn drop(&mut self) {
        self.door.clear(&self.path().replace(' ', "%20"));
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
