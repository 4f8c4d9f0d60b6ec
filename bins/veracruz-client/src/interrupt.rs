//! Ctrl-C: while a program runs, the first ends the run; at any other time, and the second time, it ends this command.

use std::io::{self, Write as _};
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use tokio::signal::unix::{SignalKind, signal};
use veracruz_client::CancelHandle;

/// What shells say of a command that Ctrl-C ended: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Watches for Ctrl-C from its making on.
pub(crate) struct Interrupt {
    handle: CancelHandle,
    is_running: Arc<AtomicBool>,
}

impl Interrupt {
    /// Where no thread or signal handler can be had, Ctrl-C does what it always does.
    pub(crate) fn watch() -> Self {
        let interrupt = Interrupt { handle: CancelHandle::new(), is_running: Arc::default() };
        let (handle, is_running) = (interrupt.handle.clone(), Arc::clone(&interrupt.is_running));
        let (ready, watching) = channel();
        let watch = move || -> io::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut presses = signal(SignalKind::interrupt())?;
                let _ = ready.send(());
                presses.recv().await;
                if is_running.load(Ordering::SeqCst) {
                    handle.cancel();
                    let _ = writeln!(io::stderr(), "[warn] ending the run; press Ctrl-C again to leave at once");
                    presses.recv().await;
                }
                exit(INTERRUPTED)
            })
        };
        if std::thread::Builder::new().name("ctrl-c".to_owned()).spawn(watch).is_ok() {
            // Ends too when the thread gave up.
            let _ = watching.recv();
        }
        interrupt
    }

    /// Does something during which a program runs.
    pub(crate) fn during<T>(&self, run: impl FnOnce(&CancelHandle) -> T) -> T {
        self.is_running.store(true, Ordering::SeqCst);
        let done = run(&self.handle);
        self.is_running.store(false, Ordering::SeqCst);
        done
    }
}
