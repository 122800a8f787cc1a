//! Calls that wait for a list.

use futures_util::FutureExt;

use super::*;

/// Registers a call, or gives what says whether there may be a list for it now.
fn wait_for(desk: &mut Desk, id: u64) -> Result<(), impl FnMut() -> bool + use<>> {
    match desk.mailbox.register(0, 0, id, &Arc::default(), desk.now) {
        Registered::Full(room) => {
            let mut room = Box::pin(room);
            Err(move || room.as_mut().now_or_never().is_some())
        }
        other => {
            registered(other);
            Ok(())
        }
    }
}

/// Many calls to a service that had not answered yet once had a list each, and pops that named them all took longer than
/// the calls had time.
#[test]
fn so_many_calls_have_lists_of_their_own_and_the_others_wait() {
    let mut desk = Desk::new();
    let calls = desk.calls(MOST_OWN);
    let Err(mut room) = wait_for(&mut desk, 99_999) else { panic!("there is a list") };
    assert!(!room(), "none has ended");
    desk.mailbox.forget(calls[0].id, End::Abandoned, desk.now);
    assert!(room(), "one has ended");
    assert!(wait_for(&mut desk, 99_999).is_ok());

    let Err(mut room) = wait_for(&mut desk, 100_000) else { panic!("it is taken") };
    let Err(mut other) = wait_for(&mut desk, 100_001) else { panic!("it is taken") };
    desk.answer(&calls[1], true);
    assert!(room() && other(), "all share a list now");
    assert!(wait_for(&mut desk, 100_000).is_ok() && wait_for(&mut desk, 100_001).is_ok());
}
