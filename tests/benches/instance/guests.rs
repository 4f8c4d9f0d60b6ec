//! What guests cost inside an instance. CPU loops stand beside the same module in plain wasmtime; file calls beside copies
//! of memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use veracruz_client::{Compute, Session, Transfer};
use veracruz_policy::{FullPolicy, Principal, VfsPath};
use veracruz_runtime::SystemClock;
use veracruz_runtime::budget::Budget;
use veracruz_runtime::engine::Interrupt;
use veracruz_runtime::vfs::{Vfs, VfsLimits};
use veracruz_runtime::wasi::{self, Surroundings, Wasi};
use veracruz_tests::guests::guest;
use wasmtime::{Config, Engine, Linker, Module, Store};

use crate::figures::{median, megabytes_per_second, row, shown};
use crate::stage::{Settings, Stage};

const TIMES: usize = 5;
const BLOCK: u64 = 64 * 1024;

pub(crate) async fn measure() {
    let settings = Settings { memory_mib: 2048, ..Settings::default() };
    let stage = Stage::start(&settings);
    let mut session = stage.session(&settings).await;
    let plain = Plain::new(&stage.policy);
    for work in ["matrix 2000", "sieve 2000", "hash 10000"] {
        let (ours, theirs) = (in_instance(&mut session, work).await, plain.run(work));
        row(&format!("baseline: `{work}` in plain wasmtime"), shown(theirs), Some(1.0), "");
        row(&format!("`{work}` in an instance"), shown(ours), Some(ratio(ours, theirs)), "≤ 1.05");
    }
    let nop = in_instance(&mut session, "hash 0").await;
    blocks(&mut session, nop).await;
    bytes(&mut session, nop).await;
}

async fn blocks(session: &mut Session, nop: Duration) {
    let copy = memory_copy();
    let baseline = megabytes_per_second(256 << 20, copy);
    row("baseline: 256 MiB copied in memory", format!("{:.1} GB/s", baseline / 1e3), Some(1.0), "");
    let written = in_instance(session, "write-blocks 1024").await.saturating_sub(nop);
    row("64 MiB written in 64 KiB blocks", shown(written), None, "≤ 0.06 s");
    for (work, goal) in [("write-blocks", "≥ 2 GB/s"), ("read-blocks", "≥ 8 GB/s")] {
        let time = in_instance(session, &format!("{work} {}", (256 << 20) / BLOCK)).await.saturating_sub(nop);
        let speed = megabytes_per_second(256 << 20, time);
        row(&format!("256 MiB, `{work}`"), format!("{:.1} GB/s", speed / 1e3), Some(speed / baseline), goal);
    }
}

async fn bytes(session: &mut Session, nop: Duration) {
    for work in ["write-bytes 1000000", "read-bytes 1000000", "seek 1000000"] {
        let time = in_instance(session, work).await.saturating_sub(nop);
        row(&format!("`{work}` in an instance"), shown(time), None, "≤ 0.3 s");
    }
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

async fn in_instance(session: &mut Session, work: &str) -> Duration {
    let transfer = Transfer::new().length(work.len() as u64);
    session.upload("/input/work", work.as_bytes(), transfer).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        assert_eq!(session.compute("/program/workload.wasm", Compute::new()).await.unwrap(), 0, "{work}");
        times.push(start.elapsed());
    }
    median(times)
}

fn memory_copy() -> Duration {
    let source = vec![7_u8; 256 << 20];
    let mut block = vec![0; BLOCK as usize];
    let times = (0..TIMES).map(|_| {
        let start = Instant::now();
        for piece in source.chunks_exact(block.len()) {
            block.copy_from_slice(piece);
            std::hint::black_box(&block);
        }
        start.elapsed()
    });
    median(times.collect())
}

/// The same guest, with the same system calls, in wasmtime as it comes: no epochs, no limits, no pool.
struct Plain {
    module: Module,
    linker: Linker<Wasi>,
    vfs: Vfs,
}

impl Plain {
    fn new(policy: &FullPolicy) -> Self {
        let engine = Engine::new(&Config::new()).unwrap();
        let module = Module::new(&engine, guest("workload")).unwrap();
        let mut linker = Linker::new(&engine);
        wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
        let budget = Budget::new(1 << 30);
        let vfs = Vfs::new(Arc::new(policy.clone()), budget, VfsLimits::default(), Arc::new(SystemClock::new()));
        Plain { module, linker, vfs: vfs.unwrap() }
    }

    fn run(&self, work: &str) -> Duration {
        let mut upload = self.vfs.stage().unwrap();
        upload.push(work.as_bytes()).unwrap();
        self.vfs.provision(&VfsPath::parse("/input/work").unwrap(), upload).unwrap();
        median((0..TIMES).map(|_| self.run_once()).collect())
    }

    fn run_once(&self) -> Duration {
        let program = Principal::Program(VfsPath::parse("/program/workload.wasm").unwrap());
        let with = Surroundings {
            arguments: vec![],
            environment: vec![],
            clock_enabled: false,
            interrupt: Interrupt::default(),
        };
        let wasi = Wasi::new(&self.vfs, program, &self.vfs.fresh_stdio().unwrap(), with).unwrap();
        let mut store = Store::new(self.module.engine(), wasi);
        let start = Instant::now();
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        let ended = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap().call(&mut store, ());
        if let Err(error) = ended {
            assert_eq!(error.downcast_ref::<wasi::Exit>().map(|exit| exit.0), Some(0), "{error:#}");
        }
        start.elapsed()
    }
}
