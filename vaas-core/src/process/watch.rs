//! Tells when files grow: one inotify(7) queue for all logs, so that nothing is asked in turns, and a machine's bound on
//! queues is no bound on instances.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use super::reactor::readable;

/// Bytes of events that are read at once; one of a file is 16.
const EVENT_BYTES: usize = 4096;

/// The queue, and who waits for what.
pub(super) struct LogWatch {
    queue: Arc<Queue>,
    _reader: AbortOnDropHandle<()>,
}

struct Queue {
    descriptor: AsyncFd<OwnedFd>,
    waiting: Mutex<HashMap<i32, Arc<Notify>>>,
}

/// A file that is watched until this is dropped.
pub(super) struct Watched {
    queue: Arc<Queue>,
    id: i32,
    grown: Arc<Notify>,
}

impl LogWatch {
    pub(super) fn start() -> io::Result<Self> {
        let descriptor = readable(inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?)?;
        let queue = Arc::new(Queue { descriptor, waiting: Mutex::default() });
        let reader = AbortOnDropHandle::new(tokio::spawn(read(Arc::clone(&queue))));
        Ok(LogWatch { queue, _reader: reader })
    }

    pub(super) fn watch(&self, path: &Path) -> io::Result<Watched> {
        // The reader needs the lock to pass an event on, so none is lost between the two steps.
        let mut waiting = self.queue.waiting.lock();
        let id = inotify::add_watch(self.queue.descriptor.get_ref(), path, WatchFlags::MODIFY)?;
        let grown = Arc::new(Notify::new());
        waiting.insert(id, Arc::clone(&grown));
        Ok(Watched { queue: Arc::clone(&self.queue), id, grown })
    }
}

impl Watched {
    /// Returns when the file was written to since the last call returned.
    pub(super) async fn grown(&self) {
        self.grown.notified().await;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.queue.waiting.lock().remove(&self.id);
        // The system has removed the watch already if the file is gone.
        let _gone = inotify::remove_watch(self.queue.descriptor.get_ref(), self.id);
    }
}

async fn read(queue: Arc<Queue>) {
    // An error means that the reactor is gone, and with it everybody who waits.
    while let Ok(mut ready) = queue.descriptor.readable().await {
        if let Err(error) = pass_on(&queue) {
            tracing::error!(%error, "what instances say cannot be followed any more");
            return;
        }
        ready.clear_ready();
    }
}

fn pass_on(queue: &Queue) -> io::Result<()> {
    let mut buffer = [const { MaybeUninit::uninit() }; EVENT_BYTES];
    let mut events = inotify::Reader::new(queue.descriptor.get_ref(), &mut buffer);
    loop {
        let (id, flags) = match events.next() {
            Err(Errno::WOULDBLOCK) => return Ok(()),
            Err(Errno::INTR) => continue,
            event => event.map(|event| (event.wd(), event.events()))?,
        };
        let waiting = queue.waiting.lock();
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            waiting.values().for_each(|grown| grown.notify_one());
        } else if let Some(grown) = waiting.get(&id) {
            grown.notify_one();
        }
    }
}
