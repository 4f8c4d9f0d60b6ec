//! Many at once.

use std::collections::BTreeSet;

use crate::daemon::{Home, Participant};

const INSTANCES: u16 = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_creations_at_once_get_ports_of_their_own() {
    let home = Home::with_ports(INSTANCES);
    let (daemon, participant) = (std::sync::Arc::new(home.start().await), std::sync::Arc::new(Participant::new()));
    let creations: Vec<_> = (0..INSTANCES)
        .map(|number| {
            let (daemon, participant) = (daemon.clone(), participant.clone());
            tokio::spawn(async move { daemon.create(&participant.request(&format!("number-{number}"))).await })
        })
        .collect();
    let mut created = Vec::new();
    for creation in creations {
        created.push(creation.await.unwrap());
    }
    let ports: BTreeSet<_> = created.iter().map(|created| created.port()).collect();
    assert_eq!(ports.len(), usize::from(INSTANCES), "each has a port of its own");
    assert_eq!(home.processes().len(), usize::from(INSTANCES));
    for created in &created {
        participant.connect(&created.policy()).await.close().await.unwrap();
    }
    let deletions: Vec<_> = created
        .iter()
        .map(|created| (daemon.clone(), created.path()))
        .map(|(daemon, path)| tokio::spawn(async move { daemon.delete(&path).await.status }))
        .collect();
    for deletion in deletions {
        assert_eq!(deletion.await.unwrap(), 200);
    }
    daemon.becomes(&[]).await;
    home.assert_empty();
}
