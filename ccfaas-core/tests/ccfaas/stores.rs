//! What every store does: one suite, run against each kind.

use std::path::Path;

use ccfaas_core::store::{
    AddedFile, BlobKey, Created, Ending, FileKind, FunctionId, InstanceKey, LoadedFile, Page, Phase, Reservation,
    Reserved, Rows, Running, SqliteStore, Store,
};
use tempfile::TempDir;

/// Opens a store that keeps its state in a folder.
type Open = fn(&Path) -> Box<dyn Store>;

const KINDS: &[(&str, Open)] =
    &[("sqlite", |folder| Box::new(SqliteStore::open(&folder.join("ccfaas.sqlite")).unwrap()))];

/// Runs `test` against each kind of store.
async fn each(test: impl AsyncFn(Box<dyn Store>)) {
    for (_, open) in KINDS {
        let folder = TempDir::new().unwrap();
        test(open(folder.path())).await;
    }
}

async fn registered(store: &dyn Store, name: &str) -> FunctionId {
    assert_eq!(store.create_function(name, "{}", 100).await.unwrap(), Created::Yes);
    store.function(name).await.unwrap().unwrap().id
}

fn file(path: &str) -> LoadedFile {
    LoadedFile { path: path.to_owned(), blob: BlobKey::random(), length: 300_000_000_000 }
}

fn reservation(name: &str) -> Reservation {
    Reservation { key: InstanceKey::random(), name: name.to_owned(), since: 1 }
}

fn running(hash: &str) -> Running {
    Running { endpoint: "127.0.0.1:3014".to_owned(), hash: hash.to_owned(), policy: "{\"policy\": 1}".to_owned() }
}

async fn ready(store: &dyn Store, name: &str) -> InstanceKey {
    let wanted = reservation(name);
    assert_eq!(store.reserve(wanted.clone(), 100).await.unwrap(), Reserved::Yes(None));
    assert!(store.make_ready(wanted.key, &running("hash")).await.unwrap());
    wanted.key
}

#[tokio::test]
async fn functions_have_unique_names_in_the_order_of_their_bytes() {
    each(async |store| {
        for name in ["b", "a", "é", "C"] {
            assert_eq!(store.create_function(name, name, 4).await.unwrap(), Created::Yes);
        }
        assert_eq!(store.create_function("a", "other", 9).await.unwrap(), Created::Exists);
        assert_eq!(store.create_function("a", "other", 0).await.unwrap(), Created::Exists);
        assert_eq!(store.create_function("d", "d", 4).await.unwrap(), Created::Full);
        assert_eq!(store.function("a").await.unwrap().unwrap().policy, "a");
        assert_eq!(store.function("A").await.unwrap(), None);
        for (after, limit, names) in [
            (None, None, vec!["C", "a", "b", "é"]),
            (None, Some(1), vec!["C"]),
            (Some("a"), Some(2), vec!["b", "é"]),
            (Some("é"), None, vec![]),
        ] {
            let page = Page { after: after.map(str::to_owned), limit };
            assert_eq!(store.functions(&page).await.unwrap(), names);
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_is_there_once_for_its_kind_and_goes_with_its_function() {
    each(async |store| {
        let (one, other) = (registered(&*store, "one").await, registered(&*store, "other").await);
        let (program, data) = (file("/p"), file("/p"));
        for (function, kind, file) in [
            (one, FileKind::Program, &program),
            (one, FileKind::DataFile, &data),
            (other, FileKind::Program, &file("/p")),
        ] {
            assert_eq!(store.add_file(function, kind, file.clone()).await.unwrap(), AddedFile::Yes);
        }
        assert_eq!(store.add_file(one, FileKind::Program, file("/p")).await.unwrap(), AddedFile::Exists);
        assert_eq!(store.files(one, FileKind::Program).await.unwrap(), std::slice::from_ref(&program));
        assert_eq!(store.blobs().await.unwrap().len(), 3);
        assert_eq!(store.remove_file(one, FileKind::DataFile, "/p").await.unwrap(), Some(data.blob));
        assert_eq!(store.remove_file(one, FileKind::DataFile, "/p").await.unwrap(), None);
        assert_eq!(store.delete_function("one").await.unwrap(), Some(vec![program.blob]));
        assert_eq!(store.delete_function("one").await.unwrap(), None);
        assert_eq!(store.files(one, FileKind::Program).await.unwrap(), []);
        assert_eq!(store.blobs().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_function_and_its_files_are_of_one_moment() {
    each(async |store| {
        assert_eq!(store.loaded_function("f").await.unwrap(), None);
        let store = &*store;
        for _ in 0..50 {
            let id = registered(store, "f").await;
            for kind in [FileKind::Program, FileKind::DataFile] {
                assert_eq!(store.add_file(id, kind, file("/p")).await.unwrap(), AddedFile::Yes);
            }
            let reading = (0..8).map(|_| store.loaded_function("f"));
            let (seen, deleted) = tokio::join!(futures_util::future::join_all(reading), store.delete_function("f"));
            assert_eq!(deleted.unwrap().unwrap().len(), 2);
            for loaded in seen.into_iter().filter_map(Result::unwrap) {
                assert_eq!((loaded.function.id, loaded.programs.len(), loaded.data_files.len()), (id, 1, 1));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_function_that_is_registered_anew_is_another_one() {
    each(async |store| {
        let before = registered(&*store, "one").await;
        store.delete_function("one").await.unwrap();
        let after = registered(&*store, "one").await;
        assert_ne!(before, after);
        assert_eq!(store.add_file(before, FileKind::Program, file("/p")).await.unwrap(), AddedFile::NoFunction);
    })
    .await;
}

#[tokio::test]
async fn an_instance_goes_through_its_phases_and_no_other_way() {
    each(async |store| {
        let wanted = reservation("one");
        let key = wanted.key;
        assert_eq!(store.reserve(wanted, 100).await.unwrap(), Reserved::Yes(None));
        assert_eq!(store.reserve(reservation("one"), 100).await.unwrap(), Reserved::Exists);
        assert!(!store.end(key, Ending::Failed, 2).await.unwrap(), "it never ran");
        assert_eq!(store.begin_deletion("one", 2).await.unwrap(), None);
        let (row, policy) = store.instance("one").await.unwrap().unwrap();
        assert_eq!((row.phase, row.since, row.address, policy.as_str()), (Phase::Reserved, 1, None, ""));

        assert!(store.make_ready(key, &running("hash")).await.unwrap());
        assert!(!store.make_ready(key, &running("other")).await.unwrap());
        let (row, policy) = store.instance("one").await.unwrap().unwrap();
        assert_eq!(row.address, Some(("127.0.0.1:3014".to_owned(), "hash".to_owned())));
        assert_eq!((row.phase, policy.as_str()), (Phase::Ready, "{\"policy\": 1}"));
        assert!(!store.remove_instance(key, Phase::Reserved).await.unwrap());
        assert_eq!(store.reserve(reservation("one"), 100).await.unwrap(), Reserved::Exists);

        assert!(store.end(key, Ending::Failed, 7).await.unwrap());
        assert!(!store.end(key, Ending::Finished, 8).await.unwrap());
        let before = store.begin_deletion("one", 9).await.unwrap().unwrap();
        assert_eq!((before.phase, before.since), (Phase::Ended(Ending::Failed), 7));
        let again = store.begin_deletion("one", 10).await.unwrap().unwrap();
        assert_eq!((again.phase, again.since, again.key), (Phase::Deleting, 9, key));
        assert!(store.remove_instance(key, Phase::Deleting).await.unwrap());
        assert!(!store.remove_instance(key, Phase::Deleting).await.unwrap());
        assert_eq!(store.instance("one").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_was_missed_comes_back_or_ends() {
    each(async |store| {
        let key = ready(&*store, "one").await;
        assert!(!store.come_back(key, 2).await.unwrap(), "it runs");
        for since in [3, 5] {
            assert!(store.end(key, Ending::Missed, since).await.unwrap());
            assert!(!store.end(key, Ending::Missed, since + 9).await.unwrap());
            assert_eq!(store.count().await.unwrap().ended, 1);
            assert!(store.come_back(key, since + 1).await.unwrap());
            let row = &store.instances().await.unwrap()[0];
            assert_eq!((row.phase, row.since), (Phase::Ready, since + 1));
        }
        assert!(store.end(key, Ending::Missed, 7).await.unwrap());
        assert!(store.end(key, Ending::Failed, 8).await.unwrap());
        assert!(!store.come_back(key, 9).await.unwrap(), "it has ended");
        assert!(!store.end(key, Ending::Missed, 9).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn names_at_vaas_are_claimed_one_by_one() {
    each(async |store| {
        assert!(!store.owns("CCFaaS").await.unwrap());
        for _ in 0..2 {
            store.claim("CCFaaS").await.unwrap();
            assert!(store.owns("CCFaaS").await.unwrap() && !store.owns("other").await.unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn sqlite_brings_an_older_file_up_to_date() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("older.sqlite");
    let older = rusqlite::Connection::open(&path).unwrap();
    older.execute_batch(include_str!("older/1.sql")).unwrap();
    drop(older);
    for _ in 0..2 {
        let store = SqliteStore::open(&path).unwrap();
        let loaded = store.loaded_function("f").await.unwrap().unwrap();
        assert_eq!((loaded.programs.len(), loaded.data_files.len()), (1, 0));
        let (row, policy) = store.instance("one").await.unwrap().unwrap();
        assert_eq!((row.phase, row.since, policy.as_str()), (Phase::Ready, 7, "{}"));
        assert!(store.end(row.key, Ending::Missed, 8).await.unwrap());
        assert!(store.come_back(row.key, 7).await.unwrap());
    }
}

#[tokio::test]
async fn an_instance_that_has_gone_or_goes_gives_its_name_up() {
    each(async |store| {
        let key = ready(&*store, "one").await;
        store.end(key, Ending::Finished, 2).await.unwrap();
        let next = reservation("one");
        // It takes the place of the other, so the limit does not matter.
        let Reserved::Yes(Some(before)) = store.reserve(next.clone(), 1).await.unwrap() else {
            panic!("the name is free");
        };
        assert_eq!((before.key, before.phase), (key, Phase::Ended(Ending::Finished)));
        assert!(!store.remove_instance(key, Phase::Ended(Ending::Finished)).await.unwrap());
        assert!(store.make_ready(next.key, &running("next")).await.unwrap());
        store.begin_deletion("one", 3).await.unwrap().unwrap();
        assert!(matches!(store.reserve(reservation("one"), 100).await.unwrap(), Reserved::Yes(Some(_))));
        assert!(!store.remove_instance(next.key, Phase::Deleting).await.unwrap(), "the late end of a deletion");
        assert_eq!(store.instances().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn rows_are_counted_and_bounded() {
    each(async |store| {
        registered(&*store, "f").await;
        for name in ["b", "a", "é"] {
            ready(&*store, name).await;
        }
        let key = ready(&*store, "C").await;
        store.end(key, Ending::Failed, 2).await.unwrap();
        store.begin_deletion("b", 2).await.unwrap();
        assert_eq!(store.reserve(reservation("d"), 4).await.unwrap(), Reserved::Full);
        assert!(matches!(store.reserve(reservation("d"), 5).await.unwrap(), Reserved::Yes(None)));
        let rows = Rows { functions: 1, reserved: 1, ready: 2, ended: 1, deleting: 1 };
        assert_eq!(store.count().await.unwrap(), rows);
        let names: Vec<_> = store.instances().await.unwrap().into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["C", "a", "b", "d", "é"]);
    })
    .await;
}

#[tokio::test]
async fn of_concurrent_calls_exactly_one_wins() {
    each(async |store| {
        let function = registered(&*store, "f").await;
        let store = &*store;
        let adding = (0..32).map(|_| store.add_file(function, FileKind::Program, file("/p")));
        let added = futures_util::future::join_all(adding).await;
        assert_eq!(added.iter().filter(|added| matches!(added, Ok(AddedFile::Yes))).count(), 1);
        let reserving = (0..32).map(|_| store.reserve(reservation("one"), 100));
        let reserved = futures_util::future::join_all(reserving).await;
        assert_eq!(reserved.iter().filter(|reserved| matches!(reserved, Ok(Reserved::Yes(_)))).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_the_next_opening() {
    for (_, open) in KINDS {
        let folder = TempDir::new().unwrap();
        let store = open(folder.path());
        let function = registered(&*store, "f").await;
        let kept = file("/p");
        store.add_file(function, FileKind::Program, kept.clone()).await.unwrap();
        ready(&*store, "one").await;
        drop(store);
        let store = open(folder.path());
        assert_eq!(store.function("f").await.unwrap().unwrap().id, function);
        assert_eq!(store.files(function, FileKind::Program).await.unwrap(), [kept]);
        assert_eq!(store.instances().await.unwrap()[0].phase, Phase::Ready);
    }
}

#[tokio::test]
async fn sqlite_refuses_a_file_of_a_later_version_and_one_that_is_no_database() {
    let folder = TempDir::new().unwrap();
    let later = folder.path().join("later.sqlite");
    drop(SqliteStore::open(&later).unwrap());
    rusqlite::Connection::open(&later).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let error = SqliteStore::open(&later).err().unwrap().to_string();
    assert!(error.contains("has the version 999") && error.contains("start the newer program"), "{error}");
    let other = folder.path().join("other.sqlite");
    std::fs::write(&other, "this is no database, however long it may be".repeat(99)).unwrap();
    assert!(SqliteStore::open(&other).is_err());
}
