//! `poll_oneoff`: files and streams are ready at once, clocks when it is time. It waits on the run's interrupt, so a run
//! that sleeps can be ended.

use std::time::Duration;

use veracruz_policy::Rights;
use wiggle::{GuestMemory, GuestPtr};

use super::Wasi;
use super::abi::Stop;
use super::abi::types::{
    Clockid, Errno, Event, EventFdReadwrite, Eventrwflags, Eventtype, Fd, Filesize, Size, Subclockflags, Subscription,
    SubscriptionClock, SubscriptionU, Timestamp,
};

/// Subscriptions of one call: as many as a run can have open files, and some clocks. Each is kept while the call waits.
const MAX_SUBSCRIPTIONS: u32 = 4096;

/// What one subscription comes to.
enum Outlook {
    /// It happens now.
    Ready(Event),
    /// It happens when this time is over.
    After(Duration, Event),
}

impl Wasi {
    pub(super) fn poll(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subscriptions: GuestPtr<Subscription>,
        events: GuestPtr<Event>,
        count: Size,
    ) -> Result<Size, Stop> {
        if count == 0 || count > MAX_SUBSCRIPTIONS {
            return Err(Errno::Inval.into());
        }
        let mut outlooks = Vec::with_capacity(count as usize);
        for subscription in subscriptions.as_array(count).iter() {
            outlooks.push(self.outlook(memory.read(subscription?)?));
        }
        let waits = outlooks.iter().map(|outlook| match outlook {
            Outlook::Ready(_) => Duration::ZERO,
            Outlook::After(time, _) => *time,
        });
        let wait = waits.min().unwrap_or_default();
        self.wait(wait)?;
        let mut happened = 0;
        for outlook in outlooks {
            let event = match outlook {
                Outlook::Ready(event) => event,
                Outlook::After(time, event) if time <= wait => event,
                Outlook::After(..) => continue,
            };
            memory.write(events.add(happened)?, event)?;
            happened += 1;
        }
        Ok(happened)
    }

    fn outlook(&self, subscription: Subscription) -> Outlook {
        let userdata = subscription.userdata;
        let event = |kind, outcome: Result<Filesize, Errno>| Event {
            userdata,
            error: outcome.err().unwrap_or(Errno::Success),
            type_: kind,
            fd_readwrite: EventFdReadwrite { nbytes: outcome.unwrap_or(0), flags: Eventrwflags::empty() },
        };
        match subscription.u {
            SubscriptionU::Clock(clock) => match self.until(&clock) {
                Ok(time) => Outlook::After(time, event(Eventtype::Clock, Ok(0))),
                Err(errno) => Outlook::Ready(event(Eventtype::Clock, Err(errno))),
            },
            SubscriptionU::FdRead(fd) => {
                Outlook::Ready(event(Eventtype::FdRead, self.left(fd.file_descriptor, Rights::FD_READ)))
            }
            SubscriptionU::FdWrite(fd) => {
                let outcome = self.left(fd.file_descriptor, Rights::FD_WRITE).map(|_| 1);
                Outlook::Ready(event(Eventtype::FdWrite, outcome))
            }
        }
    }

    /// How long it is until the clock shows what is waited for. Who may not know the time may wait for some, not until
    /// a time.
    fn until(&self, clock: &SubscriptionClock) -> Result<Duration, Errno> {
        if !matches!(clock.id, Clockid::Realtime | Clockid::Monotonic) {
            return Err(Errno::Notsup);
        }
        let nanos: Timestamp = match clock.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME) {
            false => clock.timeout,
            true if self.clock_enabled => clock.timeout.saturating_sub(self.now(clock.id)),
            true => return Err(Errno::Acces),
        };
        Ok(Duration::from_nanos(nanos))
    }

    /// Bytes between where the file stands and its end.
    fn left(&self, fd: Fd, needed: Rights) -> Result<Filesize, Errno> {
        let handle = self.table.get(fd).map_err(|_| Errno::Badf)?;
        if !handle.rights.contains(needed | Rights::POLL_FD_READWRITE) {
            return Err(Errno::Acces);
        }
        let file = handle.file().map_err(|_| Errno::Badf)?;
        Ok(file.len().saturating_sub(handle.offset))
    }
}
