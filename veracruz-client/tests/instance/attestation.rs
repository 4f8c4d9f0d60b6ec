//! What a real instance shows, and who is satisfied by it.

use veracruz_attestation::Measurements;
use veracruz_attestation::attester::{BootMeasurements, SimulatedRoot};
use veracruz_client::{Client, Trust};
use veracruz_policy::{FullPolicy, Platform};

use crate::world::{Instance, RUNTIME};

#[tokio::test]
async fn an_instance_satisfies_whoever_allows_simulated_ones() {
    let instance = Instance::start().await;
    let session = instance.session("owner").await;
    let attested = session.attested();
    assert!(attested.is_simulated() && attested.evidence().is_some());
    assert_eq!(attested.policy_hash(), instance.policy.hash());
    let pcr0 = BootMeasurements::of_program(RUNTIME).pcr0;
    assert_eq!(attested.measurement(), Some(pcr0));
    let whole = Measurements::new([(0, pcr0), (1, pcr0), (2, pcr0)]).unwrap();
    let trust = instance.trust().measurement(Platform::Simulated, whole);
    let session = instance.client("owner").trust(trust).build().unwrap().connect().await.unwrap();
    assert_eq!(session.attested().unchecked().count(), 0);
}

#[tokio::test]
async fn it_is_refused_by_whoever_expects_something_else() {
    let instance = Instance::start().await;
    let refused = async |client: veracruz_client::ClientBuilder| match client.build() {
        Ok(client) => client.connect().await.unwrap_err().code().to_owned(),
        Err(error) => error.code().to_owned(),
    };
    let client = || instance.client("owner");
    assert_eq!(refused(client().trust(Trust::default())).await, "simulated-policy");
    let stranger = SimulatedRoot::generate(time::OffsetDateTime::now_utc()).unwrap();
    let trust = Trust::default().allow_simulated().simulated_root(stranger.root_der()).unwrap();
    assert_eq!(refused(client().trust(trust)).await, "root");
    let other = Measurements::new([(0, BootMeasurements::of_program(b"other").pcr0)]).unwrap();
    let trust = instance.trust().measurement(Platform::Simulated, other);
    assert_eq!(refused(client().trust(trust)).await, "pcr-mismatch");
    // The same participants and address in other words: another policy.
    let other = FullPolicy::parse(&format!("{} ", instance.policy.text())).unwrap();
    let client = Client::builder(other, instance.identity("owner")).trust(instance.trust());
    assert_eq!(refused(client).await, "user-data-mismatch");
}

#[tokio::test]
async fn a_participant_of_another_policy_does_not_get_in() {
    let (here, there) = (Instance::start().await, Instance::start().await);
    // His own policy names him, but the instance at this address does not.
    let client = there.client("owner").address(here.address.clone());
    let error = client.build().unwrap().connect().await.unwrap_err();
    assert!(error.refusal().is_some(), "the certificate shows another policy before anybody is asked: {error}");
}
