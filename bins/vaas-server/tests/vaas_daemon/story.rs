//! What callers do, in order.

use veracruz_client::Transfer;

use crate::daemon::{Home, Participant};

#[tokio::test]
async fn instances_are_created_until_507_and_deleting_frees_a_slot() {
    let (home, participant) = (Home::with_ports(2), Participant::new());
    let mut daemon = home.start().await;
    daemon.logged("INSECURE: platform simulated").await;
    let first = daemon.create(&participant.request("first")).await;
    let second = daemon.create(&participant.request("second")).await;
    let mut session = participant.connect(&first.policy()).await;
    session.upload("/file", &b"content"[..], Transfer::new().length(7)).await.unwrap();
    let full = daemon.create(&participant.request("third")).await;
    assert_eq!((full.status, &full.json()["code"]), (507, &"no-free-slot".into()));
    let metrics = daemon.get("/metrics").await.text;
    for line in [
        "vaas_instances{state=\"OK\"} 2",
        "vaas_instances_started_total 2",
        "vaas_creations_failed_total{code=\"no-free-slot\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    for _ in 0..2 {
        assert_eq!(daemon.delete(&first.path()).await.status, 200);
    }
    let third = daemon.create(&participant.request("third")).await;
    assert_eq!(third.port(), first.port());
    assert_eq!(daemon.delete(&second.path()).await.status, 200);
    assert_eq!(daemon.delete(&third.path()).await.status, 200);
    home.assert_empty();
    // What instances say is in the daemon's log, under their names.
    let log = daemon.stop().await;
    let name = format!("instance=\"veracruz-nitro-server:{}\"", home.port(0));
    let line = log.lines().find(|line| line.contains("Veracruz Server running on ")).unwrap();
    assert!(line.contains(&name), "{line}");
}

#[tokio::test]
async fn stopping_the_daemon_leaves_instances_running() {
    let (home, participant) = (Home::with_ports(2), Participant::new());
    let daemon = home.start().await;
    let created = daemon.create(&participant.request("kept")).await;
    let session = participant.connect(&created.policy()).await;
    daemon.stop().await;
    session.close().await.unwrap();
    participant.connect(&created.policy()).await.close().await.unwrap();
    let daemon = home.start().await;
    daemon.becomes(&[(home.port(0), "OK")]).await;
    assert_eq!(daemon.create(&participant.request("other")).await.port(), home.port(1));
    assert_eq!(daemon.delete(&created.path()).await.status, 200);
    daemon.becomes(&[(home.port(1), "OK")]).await;
}
