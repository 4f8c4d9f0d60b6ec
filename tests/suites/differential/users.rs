//! The user's side: what its scripts expect of the services, and U1 to U6, the mistakes of the old user application, held
//! against `i-poc`, which takes its place.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use veracruz_tests::guests::guest_path;
use veracruz_tests::services::{binary, root};

use crate::cases::{Case, cases};
use crate::documents::{PROGRAM, PROGRAM_CONTENT, base64, digest};
use crate::world::{World, text};

pub(crate) const CASES: &[Case] = cases![
    user_deletes_an_instance_that_has_shut_itself_down,
    user_registers_no_function_without_the_published_keys,
    user_uploads_under_any_content_type,
    u01_a_missing_argument_is_named,
    u02_an_answer_that_is_no_json_is_told,
    u03_a_lost_connection_with_the_s3_app_is_told,
    u04_a_copy_that_fails_is_no_success,
    u05_names_with_blanks_and_quotes_are_names,
    u06_arguments_have_the_published_order,
];

/// Computing shut the instance down; its deletion afterwards had to be a 200.
fn user_deletes_an_instance_that_has_shut_itself_down(world: &World) {
    let instance = world.instance(&world.function());
    world.http.wait(async { instance.user.connect(&instance.policy).await.shutdown().await.unwrap() });
    world.ccfaas.delete(&instance.path()).says(&format!("instance {} deleted", instance.name));
}

/// `register-function-example.sh`: a function that must not be there first, and an object that lacks four keys.
fn user_registers_no_function_without_the_published_keys(world: &World) {
    let name = world.name("linear-regression");
    world.ccfaas.get(&format!("/function/{name}")).refused(404, "function-not-found");
    let right = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
    let body = json!({
        "function": name,
        "execution_strategy": "JIT",
        "programs": [{
            "file_rights": [right("input-0", 8198), right("output", 533_572)],
            "id": 0,
            "pi_hash": digest(PROGRAM_CONTENT),
            "program_file_name": "linear-regression.wasm",
        }],
    });
    let answer = world.ccfaas.post("/function", &body);
    answer.refused_at("policy-invalid", &[("", "missing-field"); 4]);
    for key in ["debug", "enable_clock", "max_memory_mib", "file_rights"] {
        assert!(answer.text.contains(key), "{key} is not named: {}", answer.text);
    }
    // With them, its program may be sent under its literal name.
    let mut body = body;
    for (key, value) in [
        ("debug", json!(false)),
        ("enable_clock", json!(false)),
        ("max_memory_mib", json!(64)),
        ("file_rights", json!([])),
    ] {
        body[key] = value;
    }
    assert_eq!(world.ccfaas.post("/function", &body).status, 200);
    let path = format!("/function/{name}/program/linear-regression.wasm");
    world.ccfaas.post_raw(&path, PROGRAM_CONTENT).says("function loaded!");
}

/// `wget --post-file` with `Content-Type: application/json`, and whatever else a client says of a program.
fn user_uploads_under_any_content_type(world: &World) {
    for kind in [None, Some("application/json"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data")]
    {
        let name = world.name("function");
        assert_eq!(world.ccfaas.post("/function", &crate::documents::function(&name)).status, 200);
        let path = format!("/function/{name}/program/{}", base64(PROGRAM));
        world.ccfaas.send(reqwest::Method::POST, &path, kind, PROGRAM_CONTENT).says("function loaded!");
    }
}

/// The arguments of the call, in their order: where in [`User::arguments`] each stands.
const OBJECT: usize = 5;
const INSTANCE: usize = 1;
const CCFAAS: usize = 2;
const S3_APP: usize = 3;

/// Somebody with a function, an encrypted object, and whom to trust.
struct User<'w> {
    world: &'w World,
    folder: TempDir,
    arguments: Vec<String>,
    options: Vec<String>,
}

impl<'w> User<'w> {
    fn new(world: &'w World, function: &str, object: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let program = fs::read(guest_path("decrypt-linear-regression")).unwrap();
        let policy = fs::read_to_string(root().join("tests/suites/services/regression.json.in")).unwrap();
        let mut policy: Value = serde_json::from_str(&policy.replace("@regression.wasm@", &digest(&program))).unwrap();
        policy["function"] = function.into();
        fs::write(folder.path().join("function.json"), policy.to_string()).unwrap();
        fs::write(folder.path().join("trust.toml"), "allow_simulated = true\n").unwrap();
        assert_eq!(world.ccfaas.post("/function", &policy).status, 200);
        let part = function.replace(' ', "%20").replace('"', "%22");
        let path = format!("/function/{part}/program/{}", base64("/program/regression.wasm"));
        world.ccfaas.post_raw(&path, program).says("function loaded!");

        let runtime: Value = serde_json::from_str(&world.runtime().policy).unwrap();
        let runtime = format!("simulated:{}", text(&runtime, "runtime_manager_hash_linux"));
        let authority = world.up.folder().join("state/authority/certificate.pem");
        let (ccfaas, s3_app) = (world.up.url("ccfaas"), world.up.url("s3_app"));
        let instance = world.name(function);
        let arguments = [function, &instance, &ccfaas, &s3_app, "sensors", object, "key file", "iv file"];
        let options = [
            ["--function-policy", "function.json"],
            ["--trust", "trust.toml"],
            ["--authority", authority.to_str().unwrap()],
            ["--runtime", &runtime],
            ["--result", "/output/linear-regression.dat"],
            ["--output", "results"],
        ];
        let owned = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
        let (arguments, options) = (owned(&arguments), owned(options.as_flattened()));
        let user = User { world, folder, arguments, options };
        let points = root().join("tests/suites/services/points.csv");
        let (s3, points) = (world.up.url("s3"), points.to_str().unwrap());
        let names = ["--object", object, "--key", "key file", "--iv", "iv file", "--endpoint", &s3];
        let stored = [&["store", points, "--bucket", "sensors"], &names[..]].concat();
        assert!(user.i_poc(&stored).status.success());
        user
    }

    fn with(mut self, argument: usize, value: &str) -> Self {
        self.arguments[argument] = value.to_owned();
        self
    }

    fn i_poc(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary("i-poc"));
        command.env_clear().envs(self.world.up.s3_credentials()).current_dir(&self.folder);
        command.args(arguments).output().unwrap()
    }

    fn run(&self) -> (Option<i32>, String) {
        let words = self.arguments.iter().chain(&self.options).map(String::as_str);
        let output = self.i_poc(&["run"].into_iter().chain(words).collect::<Vec<_>>());
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&told).into_owned())
    }

    /// It fails, says this, and leaves neither a result nor an instance.
    fn fails_saying(&self, words: &str) {
        let (code, told) = self.run();
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(words), "{words:?} is not said: {told}");
        assert!(!self.folder.path().join("results").exists(), "{told}");
        let list = self.world.ccfaas.get("/instance").object(&["instances"]);
        let name = self.arguments[INSTANCE].as_str().into();
        assert!(!list["instances"].as_array().unwrap().contains(&name), "an instance is left: {list}");
    }
}

fn u01_a_missing_argument_is_named(world: &World) {
    let user = User::new(world, &world.name("function"), &world.name("object"));
    let names = ["<FUNCTION>", "<UNIQUE_ID>", "<CCFAAS_URL>", "<S3_APP_URL>", "<BUCKET>", "<FILE>", "<KEY>", "<IV>"];
    for given in 0..names.len() {
        let words = user.options.iter().chain(&user.arguments[..given]).map(String::as_str);
        let output = user.i_poc(&["run"].into_iter().chain(words).collect::<Vec<_>>());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "with {given} arguments: {told}");
        for missing in &names[given..] {
            assert!(told.contains(missing), "{missing} is not named: {told}");
        }
    }
}

/// The S3 server answers every question in XML.
fn u02_an_answer_that_is_no_json_is_told(world: &World) {
    let user = User::new(world, &world.name("function"), &world.name("object"));
    let s3 = world.up.url("s3");
    user.with(CCFAAS, &s3).fails_saying("the function service made no instance");
}

fn u03_a_lost_connection_with_the_s3_app_is_told(world: &World) {
    let user = User::new(world, &world.name("function"), &world.name("object"));
    user.with(S3_APP, "http://127.0.0.1:9").fails_saying("the S3 app did not copy the object");
}

fn u04_a_copy_that_fails_is_no_success(world: &World) {
    let user = User::new(world, &world.name("function"), &world.name("object"));
    user.with(OBJECT, "nothing").fails_saying("there is no such object");
}

fn u05_names_with_blanks_and_quotes_are_names(world: &World) {
    let user = User::new(world, &world.name("a function's \"name\""), &world.name("an object's \"$(name)\""));
    let (code, told) = user.run();
    assert_eq!(code, Some(0), "{told}");
    let result = fs::read_to_string(user.folder.path().join("results/linear-regression.dat")).unwrap();
    assert_eq!(result, "slope 2.462378\nintercept -4.244744\nr2 0.997770\n");
}

/// `iotex-user-app.sh` gave four of eight, in another order; the credentials come last, in any order.
fn u06_arguments_have_the_published_order(world: &World) {
    let mut user = User::new(world, &world.name("function"), &world.name("object"));
    let output = user.i_poc(&["run", "id", "http://127.0.0.1:5010", "http://127.0.0.1:5020", "sensors", "object"]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    user.arguments.push("region_name=us-east-1".to_owned());
    for (name, value) in world.up.s3_credentials().into_iter().rev().filter(|(name, _)| name.contains("ACCESS_KEY")) {
        user.arguments.push(format!("{}={value}", name.to_lowercase()));
    }
    let (code, told) = user.run();
    assert_eq!(code, Some(0), "{told}");
}
