//! An instance's files under a policy with one program, and an engine without limits that runs it.

use std::sync::Arc;

use veracruz_policy::{
    Authorities, Certificate, Endpoint, FullPolicy, Platform, PolicyBuilder, Principal, Sha256Digest, Target,
    Timepoint, VfsPath,
};
use veracruz_runtime::budget::Budget;
use veracruz_runtime::clock::SystemClock;
use veracruz_runtime::vfs::{Vfs, VfsLimits, WriteMode};
use veracruz_runtime::wasi::{Exit, Surroundings, Wasi, add_to_linker};
use veracruz_tests::guests::{Ending, Files, guest};
use wasmtime::{Config, Engine, Linker, Module, OptLevel, Store};

/// Files and guests of the largest program here stay far below.
const MEMORY: u64 = 256 << 20;

const PROGRAM: &str = "/program/guest.wasm";

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) ending: Ending,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// One instance with one program.
pub(crate) struct Machine<'a> {
    vfs: Vfs,
    module: &'a Module,
}

/// Programs run once here, so compiling them fast matters more than what comes out.
pub(crate) fn engine() -> Engine {
    Engine::new(Config::new().cranelift_opt_level(OptLevel::None)).unwrap()
}

/// The program `name` that `make guests` built.
pub(crate) fn compile(engine: &Engine, name: &str) -> Module {
    Module::new(engine, guest(name)).unwrap()
}

impl<'a> Machine<'a> {
    /// The program in an instance whose policy gives it these capabilities.
    pub(crate) fn new(module: &'a Module, capabilities: &str) -> Self {
        let budget = Budget::new(MEMORY);
        let clock = Arc::new(SystemClock::new());
        let vfs = Vfs::new(policy(capabilities), budget, VfsLimits::default(), clock).unwrap();
        Machine { vfs, module }
    }

    /// Puts a file where it belongs, as the embedder does.
    pub(crate) fn provision(&self, path: &str, bytes: &[u8]) {
        let mut upload = self.vfs.stage().unwrap();
        upload.push(bytes).unwrap();
        self.vfs.provision(&VfsPath::parse(path).unwrap(), upload).unwrap();
    }

    /// What the next run reads from its stdin.
    pub(crate) fn feed(&self, text: &str) {
        let mut upload = self.vfs.stage().unwrap();
        upload.push(text.as_bytes()).unwrap();
        let stdin = Target::parse("stdin").unwrap();
        self.vfs.commit(&OWNER, &stdin, WriteMode::Replace, upload).unwrap();
    }

    /// All files below `folder`.
    pub(crate) fn files(&self, folder: &str) -> Files {
        let exported = self.vfs.export(&VfsPath::parse(folder).unwrap()).unwrap();
        let files = exported.into_iter().filter_map(|entry| Some((entry.path.to_string(), entry.content?)));
        files.map(|(path, content)| (path, content.to_vec(u64::MAX).unwrap())).collect()
    }

    /// One run in a fresh instance of the module, with fresh streams.
    pub(crate) fn run(&self, arguments: Vec<String>, environment: Vec<(String, String)>, clock: bool) -> Run {
        let stdio = self.vfs.fresh_stdio().unwrap();
        let with = Surroundings { arguments, environment, clock_enabled: clock, ..Surroundings::default() };
        let program = Principal::Program(VfsPath::parse(PROGRAM).unwrap());
        let wasi = Wasi::new(&self.vfs, program, &stdio, with).unwrap();
        let mut linker = Linker::new(self.module.engine());
        add_to_linker(&mut linker, |wasi: &mut Wasi| wasi).unwrap();
        let mut store = Store::new(self.module.engine(), wasi);
        let instance = linker.instantiate(&mut store, self.module).unwrap();
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
        let ending = match start.call(&mut store, ()) {
            Ok(()) => Ending::Exit(0),
            Err(error) => error.downcast_ref::<Exit>().map_or(Ending::Trap, |exit| Ending::Exit(exit.0)),
        };
        Run { ending, stdout: self.stream("stdout"), stderr: self.stream("stderr") }
    }

    fn stream(&self, name: &str) -> String {
        let content = self.vfs.read(&OWNER, &Target::parse(name).unwrap()).unwrap();
        String::from_utf8(content.to_vec(u64::MAX).unwrap()).unwrap()
    }
}

const OWNER: Principal = Principal::Participant(0);

fn policy(capabilities: &str) -> Arc<FullPolicy> {
    let place = |text| Endpoint::parse(text).unwrap();
    let owner = certificate();
    let authorities = Authorities::from_pem(&owner.to_pem()).unwrap();
    let expiry = Timepoint::new(2034, 1, 1, 0, 0).unwrap();
    let policy = PolicyBuilder::new(place("127.0.0.1:3014"), place("127.0.0.1:3010"), authorities, expiry)
        .runtime(Platform::Simulated, Sha256Digest::of(b"runtime"))
        .identity(owner, "stdin : w, stdout : r, stderr : r")
        .and_then(|policy| policy.program(PROGRAM, None, capabilities));
    Arc::new(policy.unwrap().build().unwrap())
}

fn certificate() -> Certificate {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::default();
    Certificate::from_pem(&params.self_signed(&key).unwrap().pem()).unwrap()
}
