//! The service: which instances there are, and what each is doing.
//!
//! All that changes an instance after its creation is done by its [keeper](keeper::Keeper), one task an instance; requests
//! ask it and may go away while they wait. The table's lock is never held over an await.

mod completion;
mod create;
mod delete;
mod keeper;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use veracruz_rest::{VeracruzDescription, VeracruzList};

pub use create::CreateError;
pub use delete::DeleteError;
pub use table::Counts;
pub(crate) use table::MOST_REMEMBERED;

use crate::driver::{Driver, DriverError, Recovered};
use crate::instance::{Filter, INSTANCE_HOST, Labels};
use crate::settings::Settings;
use keeper::Keeper;
use table::Table;

/// Names of one and the same host, where they are this service's.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The instance service.
pub struct Vaas {
    driver: Arc<dyn Driver>,
    settings: Settings,
    table: Mutex<Table>,
    keepers: TaskTracker,
    closing: CancellationToken,
}

/// The service cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("the instances of before cannot be found: {0}; make their state readable, or start with a new folder")]
pub struct OpenError(#[from] DriverError);

impl Vaas {
    /// Begins, with the instances that an earlier life of the service acknowledged.
    ///
    /// # Errors
    /// The driver cannot tell which those are.
    pub async fn open(driver: Arc<dyn Driver>, settings: Settings) -> Result<Arc<Self>, OpenError> {
        let Recovered { instances, ended } = driver.recover().await?;
        let (keepers, closing) = (TaskTracker::new(), CancellationToken::new());
        let table = Mutex::new(Table::remembering(ended));
        let vaas = Arc::new(Vaas { driver, settings, table, keepers, closing });
        for started in instances {
            let order = &started.order;
            let labels = Labels { instance_id: order.instance_id.clone(), hash: order.key.hash };
            let Some(removal) = vaas.table.lock().insert(&order.key, labels.clone()) else {
                tracing::error!(port = order.key.port, "two instances of before have one port; the second is ended");
                vaas.driver.stop(&order.key).await?;
                continue;
            };
            let keeper = Keeper::new(&vaas, order.key, labels, removal);
            vaas.keepers.spawn(keeper.keep(started.ended));
        }
        Ok(vaas)
    }

    /// The instances that `filter` selects, by their ports. Those that have ended stay for some minutes, so that callers
    /// can see it.
    pub fn list(&self, filter: &Filter) -> VeracruzList {
        let shown = self.table.lock().shown(self.now());
        let selected = shown.into_iter().filter(|(_, labels, _)| filter.selects(labels));
        let named = selected.map(|(port, labels, status)| {
            BTreeMap::from([(format!("{INSTANCE_HOST}:{port}"), labels.describe(status))])
        });
        VeracruzList { veracruz: named.collect() }
    }

    /// The instance at `port`, if there is one and `filter` selects it.
    pub fn describe(&self, port: u16, filter: &Filter) -> Option<VeracruzDescription> {
        let shown = self.table.lock().shown(self.now());
        let mut found = shown.into_iter().filter(|(at, labels, _)| *at == port && filter.selects(labels));
        found.next().map(|(_, labels, status)| labels.describe(status))
    }

    /// What there is, in numbers.
    pub fn counts(&self) -> Counts {
        self.table.lock().counts(self.now())
    }

    /// Whether `host` is a name for instances of this service: the configured one, or the i-poc's, each also with the
    /// domain behind it that it has in a cluster. The port tells which instance.
    pub fn is_host(&self, host: &str) -> bool {
        let own = self.settings.host.as_str().trim_start_matches('[').trim_end_matches(']');
        let is_loopback = |name: &str| LOOPBACK.iter().any(|loopback| name.eq_ignore_ascii_case(loopback));
        if host.eq_ignore_ascii_case(own) || is_loopback(host) && is_loopback(own) {
            return true;
        }
        let is_address = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
        let label = |text: &str| text.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let names = [own, INSTANCE_HOST].into_iter().filter(|name| !is_address(name));
        !is_address(host) && names.map(label).any(|name| name == label(host))
    }

    /// The service's part in ending the daemon: instances stay, and those whose creators did not get them are ended.
    /// Returns when nothing is half-done any more. Nothing is created from here on.
    pub async fn close(&self) {
        self.closing.cancel();
        self.keepers.close();
        self.keepers.wait().await;
    }

    fn now(&self) -> time::OffsetDateTime {
        (self.settings.clock)()
    }
}
