//! All services, as `veracruz up` starts them: the real routers over real sockets, and instances in its process.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use veracruz_policy::Sha256Digest;

use crate::shell::Folder;

/// The function's program, which does nothing, and what its data file holds.
const PROGRAM: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
pub(crate) const DATA: &[u8] = b"weights";

/// Running services; killed when dropped.
pub(crate) struct Services {
    process: Child,
    urls: Value,
}

impl Services {
    /// Starts them with their state in the folder's `state`, an S3 server with the bucket `videos`, and one port for
    /// instances.
    pub(crate) fn start(folder: &Folder) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let any = "127.0.0.1:0";
        let mut process = folder
            .command(&format!(
                "up --json --ccfaas {any} --vaas {any} --s3-app {any} --attestation {any} --with-s3 {any} \
                 --bucket videos --state state --ports {port}-{port} --log off"
            ))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Services { process, urls: said["services"].clone() }
    }

    /// Flags that lead a command to the function service.
    pub(crate) fn ccfaas(&self) -> String {
        format!("--ccfaas {}", self.urls["ccfaas"].as_str().unwrap())
    }

    /// Flags that lead a command to the S3 app.
    pub(crate) fn s3_app(&self) -> String {
        format!("--s3-app {}", self.urls["s3_app"].as_str().unwrap())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A function policy of this name in `function.json`, and its files beside it in `build`.
pub(crate) fn write_function(folder: &Folder, name: &str) {
    let program = wat::parse_str(PROGRAM).unwrap();
    let function = json!({
        "function": name,
        "debug": false,
        "enable_clock": false,
        "execution_strategy": "Interpretation",
        "max_memory_mib": 64,
        "file_rights": [{"file_name": "/program/", "rights": 534084}, {"file_name": "/program_data/", "rights": 534084}],
        "programs": [{
            "program_file_name": "/program/empty.wasm",
            "id": 0,
            "pi_hash": Sha256Digest::of(&program),
            "file_rights": [{"file_name": "/program_data/", "rights": 24582}],
        }],
        "data_files": [{"data_file": "/program_data/weights", "pi_hash": Sha256Digest::of(DATA), "priority": 1}],
    });
    folder.write("function.json", serde_json::to_string_pretty(&function).unwrap());
    std::fs::create_dir_all(folder.path("build")).unwrap();
    folder.write("build/empty.wasm", program);
    folder.write("build/weights", DATA);
}

/// A user policy in `user.json`: `s3` may write below `/s3_app_input/`, `user` may execute and read.
pub(crate) fn write_user(folder: &Folder, function: &str, instance: &str) {
    for name in ["s3", "user"] {
        folder.ok(&format!("identity new {name} --force"));
    }
    let certificate = |name: &str| folder.text(&format!("{name}.cert.pem")).trim_end().to_owned();
    let user = json!({
        "function": function,
        "instanceid": instance,
        "identities": [
            {"certificate": certificate("s3"), "file_rights": [{"file_name": "/s3_app_input/", "rights": 534084}]},
            {"certificate": certificate("user"), "file_rights": [
                {"file_name": "/output/", "rights": 24582}, {"file_name": "/program/", "rights": 536879104},
            ]},
        ],
    });
    folder.write("user.json", serde_json::to_string_pretty(&user).unwrap());
}
