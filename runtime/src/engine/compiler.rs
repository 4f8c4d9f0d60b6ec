//! The threads that compile: a program that somebody waits for before one that was only uploaded.
//!
//! One compile uses all cores by itself, and what it needs meanwhile (several times the module's size) is charged to
//! nobody and must not be needed twice at one time. So there is one thread, and a second one that takes small modules
//! alone: they do not wait for the many seconds of a large one.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex};
use veracruz_policy::Sha256Digest;
use wasmtime::{Linker, Module};

use super::Program;
use super::inspect::{Allowed, check};
use super::limits::{MAX_PREPARED, SMALL_MODULE_BYTES};
use super::loops;
use super::modules::{Answer, Compiled, Entry, Modules};
use super::refusal::{ModuleRefusal, shown};

/// What a module is compiled with and where the answer goes.
pub(super) struct Workshop<T: 'static> {
    pub(super) linker: Linker<T>,
    pub(super) allowed: Allowed,
    pub(super) modules: Modules<T>,
    queue: Mutex<Queue<T>>,
    /// Wakes both threads: which of them may take a job depends on its size.
    changed: Condvar,
    compiles: AtomicU64,
    writes_out_loops: bool,
}

/// The threads. Dropping this lets the compile that goes on end by itself and starts no other: a compile cannot be
/// interrupted, and whoever stops an instance must not wait for it.
pub(super) struct Compiler<T: 'static>(Arc<Workshop<T>>);

struct Queue<T: 'static> {
    jobs: VecDeque<Job<T>>,
    closed: bool,
}

struct Job<T: 'static> {
    program: Program,
    entry: Arc<Entry<T>>,
}

impl<T: 'static> Compiler<T> {
    /// `writes_out_loops`: programs may be made faster in a way that shows in the places of their backtraces.
    pub(super) fn start(
        linker: Linker<T>,
        allowed: Allowed,
        modules: Modules<T>,
        writes_out_loops: bool,
    ) -> std::io::Result<Self> {
        let workshop = Arc::new(Workshop {
            linker,
            allowed,
            modules,
            queue: Mutex::new(Queue { jobs: VecDeque::new(), closed: false }),
            changed: Condvar::new(),
            compiles: AtomicU64::new(0),
            writes_out_loops,
        });
        let compiler = Compiler(workshop);
        for (name, limit) in [("module-compiler", u64::MAX), ("small-modules", SMALL_MODULE_BYTES)] {
            let own = Arc::clone(&compiler.0);
            std::thread::Builder::new().name(name.to_owned()).spawn(move || own.work(limit))?;
        }
        Ok(compiler)
    }

    pub(super) fn workshop(&self) -> &Workshop<T> {
        &self.0
    }
}

impl<T: 'static> Drop for Compiler<T> {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock();
        queue.closed = true;
        queue.jobs.clear();
        self.0.changed.notify_all();
    }
}

impl<T: 'static> Workshop<T> {
    /// Has a program compiled before all that nobody waits for.
    pub(super) fn compile_now(&self, program: Program, entry: Arc<Entry<T>>) {
        self.queue.lock().jobs.push_front(Job { program, entry });
        self.changed.notify_all();
    }

    /// Has a program compiled when nothing else is to be.
    pub(super) fn compile_later(&self, program: Program, entry: Arc<Entry<T>>) {
        self.queue.lock().jobs.push_back(Job { program, entry });
        self.changed.notify_all();
    }

    /// Somebody waits for this program: it is next.
    pub(super) fn hurry(&self, digest: Sha256Digest) {
        let mut queue = self.queue.lock();
        let position = queue.jobs.iter().position(|job| job.program.digest == digest);
        if let Some(job) = position.and_then(|position| queue.jobs.remove(position)) {
            queue.jobs.push_front(job);
        }
    }

    /// Whether so much is to be compiled that nothing should be in advance.
    pub(super) fn is_full(&self) -> bool {
        self.queue.lock().jobs.len() >= MAX_PREPARED
    }

    /// Modules that were compiled, or refused, so far.
    pub(super) fn compiles(&self) -> u64 {
        self.compiles.load(Ordering::Relaxed)
    }

    /// Compiles what has at most so many bytes.
    fn work(&self, limit: u64) {
        while let Some(Job { program, entry }) = self.next(limit) {
            let digest = program.digest;
            self.compiles.fetch_add(1, Ordering::Relaxed);
            // A defect of the compiler must end neither this thread nor the wait of whoever asked: all that is shared
            // with it is the engine, which a panic leaves as it was, and the answer, which is given below.
            let answer = catch_unwind(AssertUnwindSafe(|| self.compile(program))).unwrap_or_else(|_| {
                Err(ModuleRefusal::NotCompiled("the compiler failed; report this module".to_owned()))
            });
            entry.finish(answer);
            self.modules.answered(digest);
        }
    }

    fn next(&self, limit: u64) -> Option<Job<T>> {
        let mut queue = self.queue.lock();
        loop {
            if queue.closed {
                return None;
            }
            let position = queue.jobs.iter().position(|job| job.program.bytes <= limit);
            match position.and_then(|position| queue.jobs.remove(position)) {
                Some(job) => return Some(job),
                None => self.changed.wait(&mut queue),
            }
        }
    }

    fn compile(&self, program: Program) -> Answer<T> {
        let wasm = (program.read)()?;
        // Whatever is kept under a digest is run for everybody who names it.
        if Sha256Digest::of(&wasm) != program.digest {
            return Err(ModuleRefusal::WrongDigest);
        }
        check(&wasm, self.allowed)?;
        let module = self.module(&wasm).map_err(not_compiled)?;
        let image = module.image_range();
        let bytes = (image.end.addr() - image.start.addr()) as u64;
        let instance = self.linker.instantiate_pre(&module).map_err(not_compiled)?;
        Ok(Arc::new(Compiled { instance, bytes }))
    }

    fn module(&self, wasm: &[u8]) -> wasmtime::Result<Module> {
        let engine = self.linker.engine();
        // Should a function become larger than functions may be, the module is compiled as it came.
        let written_out = self.writes_out_loops.then(|| loops::written_out(wasm)).flatten();
        let module = written_out.and_then(|written_out| Module::new(engine, written_out).ok());
        module.map_or_else(|| Module::new(engine, wasm), Ok)
    }
}

fn not_compiled(error: wasmtime::Error) -> ModuleRefusal {
    ModuleRefusal::NotCompiled(shown(&format!("{error:#}")))
}
