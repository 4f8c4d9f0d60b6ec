//! `kill -9` of the daemon.

use rustix::process::{Pid, Signal, kill_process};

use crate::daemon::{Home, Participant};

#[tokio::test]
async fn running_instances_are_found_again_and_those_that_died_meanwhile_are_not_lost() {
    let (home, participant) = (Home::with_ports(3), Participant::new());
    let daemon = home.start().await;
    let kept = daemon.create(&participant.request("kept")).await;
    let shut = daemon.create(&participant.request("shut")).await;
    let deleted = daemon.create(&participant.request("deleted")).await;
    assert_eq!(daemon.delete(&deleted.path()).await.status, 200);
    daemon.kill().await;
    participant.connect(&shut.policy()).await.shutdown().await.unwrap();
    while home.processes().contains_key(&home.port(1)) {
        tokio::task::yield_now().await;
    }
    let mut daemon = home.start().await;
    daemon.becomes(&[(home.port(0), "OK"), (home.port(1), "finished")]).await;
    for gone in [&deleted, &shut] {
        assert_eq!(daemon.delete(&gone.path()).await.status, 200);
    }
    participant.connect(&kept.policy()).await.close().await.unwrap();
    // It is not the daemon's child any more, and is noticed all the same.
    kill_process(Pid::from_raw(home.processes()[&home.port(0)]).unwrap(), Signal::KILL).unwrap();
    daemon.logged("shut down by a participant").await;
    assert_eq!(daemon.delete(&kept.path()).await.status, 200);
    daemon.becomes(&[]).await;
    home.assert_empty();
}

#[tokio::test]
async fn an_instance_that_nobody_was_told_of_is_gone_after_a_restart() {
    let (home, participant) = (Home::with_ports(2), Participant::new());
    let daemon = home.start().await;
    let kept = daemon.create(&participant.request("kept")).await;
    let request = participant.request("untold");
    // The daemon dies while the second instance starts.
    daemon.abandon(&request, daemon.becomes(&[(home.port(0), "OK"), (home.port(1), "starting")])).await;
    daemon.kill().await;
    let daemon = home.start().await;
    daemon.becomes(&[(home.port(0), "OK")]).await;
    assert_eq!(home.processes().keys().collect::<Vec<_>>(), [&home.port(0)]);
    assert_eq!(home.folders().len(), 1);
    assert_eq!(daemon.create(&request).await.port(), home.port(1));
    assert_eq!(daemon.delete(&kept.path()).await.status, 200);
}

#[tokio::test]
async fn killing_the_daemon_again_and_again_leaks_nothing() {
    let (home, participant) = (Home::with_ports(3), Participant::new());
    let mut told = Vec::new();
    for round in 0..4_u32 {
        let daemon = home.start().await;
        let states = daemon.states().await;
        assert!(told.iter().all(|port| states.get(port).is_some_and(|state| state == "OK")), "{told:?} {states:?}");
        let request = participant.request(&format!("round-{round}"));
        if round % 2 == 0 {
            told.push(daemon.create(&request).await.port());
        } else {
            let working = async {
                while home.folders().len() == told.len() {
                    tokio::task::yield_now().await;
                }
            };
            daemon.abandon(&request, working).await;
        }
        daemon.kill().await;
    }
    let daemon = home.start().await;
    assert_eq!(daemon.states().await.into_keys().collect::<Vec<_>>(), told);
    assert_eq!((home.processes().len(), home.folders().len()), (told.len(), told.len()));
}
