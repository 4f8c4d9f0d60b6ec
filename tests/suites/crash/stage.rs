//! The function service with one function, for tests about one thing.

use std::sync::Arc;

use veracruz_client::rest::Error;

use crate::content::{Content, SMALL_PROGRAM};
use crate::hands::{Hands, upload};
use crate::leaks::nothing_is_left;
use crate::world::{Part, World};

pub(crate) const FUNCTION: &str = "detector";

/// What instances of functions need.
const PARTS: [Part; 3] = [Part::Attestation, Part::Vaas, Part::Ccfaas];

/// The services, and one function of the first variant.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) hands: Arc<Hands>,
}

impl Stage {
    /// With its small program.
    pub(crate) async fn new(first_port: u16, slots: u16) -> Self {
        let stage = Stage::without_files(first_port, slots).await;
        load(&stage.hands, &stage.hands.variants[0].files[SMALL_PROGRAM]).await.unwrap();
        stage
    }

    pub(crate) async fn without_files(first_port: u16, slots: u16) -> Self {
        let world = World::start(first_port, slots, &PARTS).await;
        let hands = Arc::new(Hands::new(&world));
        hands.ccfaas.create_function(hands.variants[0].policy(FUNCTION)).await.unwrap();
        Stage { world, hands }
    }

    /// The policy of a new instance.
    pub(crate) async fn create(&self, instance: &str) -> Result<String, Error> {
        let made = self.hands.ccfaas.create_instance(self.hands.people.policy(FUNCTION, instance)).await;
        made.map(|made| made.policy)
    }

    /// Starts a service again that was taken.
    pub(crate) async fn begin(&mut self, part: Part) {
        self.world.begin(part);
        self.world.settled().await;
        Arc::get_mut(&mut self.hands).expect("nobody else works").wash(&self.world);
    }

    /// Deletes the function, and finds nothing left.
    pub(crate) async fn ends(self) {
        self.hands.ccfaas.delete_function(FUNCTION).await.unwrap();
        nothing_is_left(&self.world, &self.hands).await;
    }
}

/// Uploads a file of the function.
pub(crate) async fn load(hands: &Hands, file: &Content) -> Result<(), Error> {
    upload(&hands.ccfaas, FUNCTION, file.kind, file.path, file.bytes.clone()).await
}
