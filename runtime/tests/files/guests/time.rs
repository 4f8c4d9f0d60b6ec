//! Clocks, waiting, chance, arguments and environment.

use std::time::Duration;

use veracruz_runtime::engine::Interrupt;
use veracruz_runtime::vfs::VfsLimits;
use veracruz_runtime::wasi::{Cancelled, Surroundings, call};

use super::guest::{
    ACCES, BADF, BUFFERS, CREAT, DATA, DIR, Guest, INVAL, NOTSUP, OUT, clocked, program_policy, vfs_of,
};
use crate::world::NOW;

fn guest_with(with: Surroundings) -> Guest {
    Guest::on(vfs_of(program_policy("/d/ : 536870911, stdin : 536870911"), 4 << 20, VfsLimits::default()), with)
}

#[test]
fn clocks_are_told_by_policy() {
    let mut guest = guest_with(clocked());
    for (clock, expected) in [(0, NOW), (1, 7_000_000_000), (2, 0), (3, 0)] {
        assert_eq!(guest.call("clock_time_get", &[clock, 0, OUT]), 0);
        assert_eq!(guest.u64_at(OUT), expected);
        assert_eq!(guest.call("clock_res_get", &[clock, OUT]), 0);
        assert_eq!(guest.u64_at(OUT), 1);
    }
    assert_eq!(guest.call("clock_time_get", &[4, 0, OUT]), INVAL);

    let mut guest = guest_with(Surroundings::default());
    assert_eq!(guest.call("clock_time_get", &[0, 0, OUT]), ACCES);
    assert_eq!(guest.call("clock_res_get", &[1, OUT]), ACCES);
    guest.make("a", b"");
    assert_eq!(guest.stat(DIR, "a").unwrap().times, [0; 3], "nor do files tell the time");
    let arguments = poll(&mut guest, &[clock(1, 0, false)]);
    assert_eq!(guest.call("poll_oneoff", &arguments), 0, "waiting is no telling");
}

/// Writes subscriptions to memory; the arguments of the call.
fn poll(guest: &mut Guest, subscriptions: &[[u8; 48]]) -> [i64; 4] {
    for (position, subscription) in subscriptions.iter().enumerate() {
        guest.put(DATA + 48 * position as i64, subscription);
    }
    [DATA, BUFFERS, subscriptions.len() as i64, OUT]
}

fn clock(id: u32, timeout: u64, absolute: bool) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&0xc10c_u64.to_le_bytes());
    bytes[16..20].copy_from_slice(&id.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40] = absolute.into();
    bytes
}

fn ready(fd: u32, writes: bool) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&u64::from(fd).to_le_bytes());
    bytes[8] = 1 + u8::from(writes);
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    bytes
}

/// User data, errno, type and bytes of each event.
fn events(guest: &mut Guest, subscriptions: &[[u8; 48]]) -> Vec<(u64, i32, u8, u64)> {
    let arguments = poll(guest, subscriptions);
    assert_eq!(guest.call("poll_oneoff", &arguments), 0);
    let count = i64::from(guest.u32_at(OUT));
    (0..count)
        .map(|event| {
            let at = BUFFERS + 32 * event;
            let errno = guest.u32_at(at + 8) & 0xffff;
            (guest.u64_at(at), errno as i32, guest.memory[at as usize + 10], guest.u64_at(at + 16))
        })
        .collect()
}

#[test]
fn polling_tells_what_is_ready_and_waits_for_clocks() {
    let mut guest = guest_with(clocked());
    guest.make("a", b"12345");
    let file = guest.open(DIR, "a", CREAT).unwrap();
    guest.read(file, 2).unwrap();
    let hour = 3_600_000_000_000;
    assert_eq!(
        events(
            &mut guest,
            &[ready(file, false), clock(1, hour, false), ready(file, true), ready(0, false), ready(77, false)]
        ),
        [(u64::from(file), 0, 1, 3), (u64::from(file), 0, 2, 1), (0, 0, 1, 0), (77, BADF, 1, 0)]
    );
    assert_eq!(events(&mut guest, &[clock(1, 1000, false), clock(0, hour, false)]), [(0xc10c, 0, 0, 0)]);
    assert_eq!(events(&mut guest, &[clock(0, NOW - 5, true)]), [(0xc10c, 0, 0, 0)], "a time that is past");
    assert_eq!(events(&mut guest, &[clock(1, 7_000_000_000, true), clock(1, 0, false)]).len(), 2);
    assert_eq!(events(&mut guest, &[clock(2, 5, false)]), [(0xc10c, NOTSUP, 0, 0)]);

    assert_eq!(guest.call("poll_oneoff", &[DATA, BUFFERS, 0, OUT]), INVAL, "waiting for nothing never ends");
    assert_eq!(guest.call("poll_oneoff", &[DATA, BUFFERS, 5000, OUT]), INVAL);
    let mut unknown = clock(1, 0, false);
    unknown[8] = 3;
    let arguments = poll(&mut guest, &[unknown]);
    assert_eq!(guest.call("poll_oneoff", &arguments), INVAL);

    let mut blind = guest_with(Surroundings::default());
    assert_eq!(events(&mut blind, &[clock(0, NOW, true)]), [(0xc10c, ACCES, 0, 0)]);
}

#[test]
fn a_run_that_waits_can_be_ended() {
    let interrupt = Interrupt::new();
    let mut guest = guest_with(Surroundings { interrupt: interrupt.clone(), ..clocked() });
    let arguments = poll(&mut guest, &[clock(1, u64::MAX, false)]);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| call(&mut guest.wasi, &mut guest.memory, "poll_oneoff", &arguments).unwrap());
        // Cancelling before it waits has to work as well, so there is nothing to wait for here.
        interrupt.cancel();
        let ended = run.join().unwrap().unwrap_err();
        assert!(ended.downcast_ref::<Cancelled>().is_some(), "{ended}");
    });
    let ended = call(&mut guest.wasi, &mut guest.memory, "random_get", &[DATA, 10]).unwrap().unwrap_err();
    assert!(ended.downcast_ref::<Cancelled>().is_some());
    assert_eq!(interrupt.wait(Duration::ZERO), veracruz_runtime::engine::Woken::Cancelled);
}

#[test]
fn chance_fills_what_was_asked_for_and_nothing_else() {
    let mut guest = guest_with(clocked());
    guest.memory[DATA as usize..][..1002].fill(0xaa);
    assert_eq!(guest.call("random_get", &[DATA + 1, 1000]), 0);
    let filled = &guest.memory[DATA as usize..][..1002];
    assert_eq!((filled[0], filled[1001]), (0xaa, 0xaa));
    let distinct: std::collections::BTreeSet<u8> = filled.iter().copied().collect();
    assert!(distinct.len() > 200, "1000 random bytes have nearly all values");
    assert_eq!(guest.call("random_get", &[DATA, 0]), 0);
}

#[test]
fn arguments_and_environment_are_as_given() {
    let mut guest = guest_with(Surroundings {
        arguments: vec!["prog".to_owned(), String::new(), "ä\0cut".to_owned()],
        environment: vec![("A".to_owned(), "1".to_owned()), ("B".to_owned(), String::new())],
        ..clocked()
    });
    for (get, sizes, expected) in
        [("args_get", "args_sizes_get", &["prog", "", "ä"][..]), ("environ_get", "environ_sizes_get", &["A=1", "B="])]
    {
        assert_eq!(guest.call(sizes, &[OUT, OUT + 4]), 0);
        let bytes: usize = expected.iter().map(|text| text.len() + 1).sum();
        assert_eq!((guest.u32_at(OUT), guest.u32_at(OUT + 4)), (expected.len() as u32, bytes as u32));
        assert_eq!(guest.call(get, &[OUT, DATA]), 0);
        for (position, text) in expected.iter().enumerate() {
            let at = guest.u32_at(OUT + 4 * position as i64) as usize;
            assert_eq!(&guest.memory[at..=at + text.len()], [text.as_bytes(), b"\0"].concat());
        }
    }
    let mut bare = guest_with(Surroundings::default());
    assert_eq!(bare.call("args_sizes_get", &[OUT, OUT + 4]), 0);
    assert_eq!((bare.u32_at(OUT), bare.u32_at(OUT + 4)), (0, 0));
}
