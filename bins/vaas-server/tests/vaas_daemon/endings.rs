//! Instances that end by themselves, and creators that go away.

use rustix::process::{Pid, Signal, kill_process};

use crate::daemon::{Home, Participant};

#[tokio::test]
async fn an_instance_that_its_user_shuts_down_is_finished_and_its_slot_free_at_once() {
    let (home, participant) = (Home::with_ports(1), Participant::new());
    let mut daemon = home.start().await;
    let created = daemon.create(&participant.request("CCFaaS")).await;
    participant.connect(&created.policy()).await.shutdown().await.unwrap();
    daemon.becomes(&[(home.port(0), "finished")]).await;
    daemon.logged("shut down by a participant").await;
    let again = loop {
        let again = daemon.create(&participant.request("CCFaaS")).await;
        if again.status != 507 {
            break again;
        }
    };
    // The flow of the i-poc: the caller of the first deletes it after its user has shut it down.
    assert_eq!(daemon.delete(&created.path()).await.status, 200);
    daemon.becomes(&[(home.port(0), "OK")]).await;
    assert_eq!(daemon.delete(&again.path()).await.status, 200);
    home.assert_empty();
}

#[tokio::test]
async fn a_killed_instance_is_noticed() {
    let (home, participant) = (Home::with_ports(1), Participant::new());
    let mut daemon = home.start().await;
    let created = daemon.create(&participant.request("x")).await;
    kill_process(Pid::from_raw(home.processes()[&home.port(0)]).unwrap(), Signal::KILL).unwrap();
    daemon.becomes(&[(home.port(0), "failed")]).await;
    daemon.logged("killed by signal 9").await;
    assert_eq!(daemon.delete(&created.path()).await.status, 200);
    daemon.becomes(&[]).await;
    home.assert_empty();
}

#[tokio::test]
async fn a_creator_that_disconnects_leaves_no_instance() {
    let (home, participant) = (Home::with_ports(1), Participant::new());
    let daemon = home.start().await;
    let request = participant.request("left");
    daemon.abandon(&request, daemon.becomes(&[(home.port(0), "starting")])).await;
    daemon.becomes(&[]).await;
    home.assert_empty();
    let created = daemon.create(&request).await;
    assert_eq!(daemon.delete(&created.path()).await.status, 200);
}
