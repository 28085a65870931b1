//! Application data: read, write, peek, pending, and the end of the connection.

use super::callbacks;
use super::config::{TLS1_3, mode};
use super::connection::{Connection, Phase, Task, goodbye, key_update, owed, share, shut, want};
use super::error::{Error, INTERNAL_ERROR, guard};
use super::failure::{self, Heard, Verdict};
use super::handshake::drive;
use super::types::SSL;
use super::{reason, session};
use crate::libcrypto::bio::{BioTransport, clear_errno};
use crate::libcrypto::err;
use crate::seam::slot::{Lent, Unlent};
use crate::seam::{Failure, Handle, arg};
use crate::tls::traffic::{Received, Receiver, Sender, WriteMode};
use crate::tls::transport::Io;
use rustls::error::AlertDescription;
use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A call that moved nothing, with its return value; what there is to say has been queued.
struct Stopped(c_int);

fn stop(value: c_int, error: Error) -> Stopped {
    error.report();
    Stopped(value)
}

/// Goes on with the handshake first, if there is one to be done.
fn open(ssl: &Arc<Connection>) -> Result<(), Stopped> {
    clear_errno();
    if !ssl.in_init() || drive(ssl) > 0 { Ok(()) } else { Err(Stopped(-1)) }
}

/// Nested calls on the same half are a mistake of the program.
fn unlent(_: Unlent) -> Stopped {
    stop(-1, Error::Ssl(INTERNAL_ERROR))
}

/// The receiving half, for this call alone. Who sends does not wait for it: who receives may wait for the sending half.
fn receiver(ssl: &Connection) -> Result<Lent<'_, Receiver>, Stopped> {
    ssl.receiver.lend(!ssl.sender.is_mine()).map_err(unlent)
}

/// The sending half, for this call alone.
fn sender(ssl: &Connection) -> Result<Lent<'_, Sender>, Stopped> {
    let sender = ssl.sender.lend(true).map_err(unlent)?;
    // Another thread may have met the end while this one waited.
    if sender.is_ended() { Err(Stopped(-1)) } else { Ok(sender) }
}

/// `SSL_read` and `SSL_peek`.
fn read(ssl: &Arc<Connection>, buf: &mut [u8], peek: bool) -> Result<usize, Stopped> {
    if ssl.task() == Task::Unset {
        return Err(stop(-1, Error::Ssl(reason::UNINITIALIZED)));
    }
    if ssl.has_shutdown(shut::RECEIVED) {
        // As with OpenSSL a peek leaves what an earlier call waits for.
        if !peek {
            ssl.set_want(want::NOTHING);
        }
        return Err(Stopped(0));
    }
    open_to_read(ssl)?;
    let mut receiver = receiver(ssl)?;
    // Another thread may have met the end while this one waited.
    if ssl.has_shutdown(shut::RECEIVED) {
        ssl.set_want(want::NOTHING);
        return Err(Stopped(0));
    }
    receive(ssl, &mut receiver, false)?;
    let plaintext = receiver.plaintext();
    let n = plaintext.len().min(buf.len());
    if let (Some(to), Some(from)) = (buf.get_mut(..n), plaintext.get(..n)) {
        to.copy_from_slice(from);
    }
    if !peek {
        receiver.consume(n);
    }
    Ok(n)
}

/// As [`open`]. Where two threads use the connection, a key update that cannot be sent now does not keep the reader from
/// reading: the peer may be waiting for being read, as its own reader may.
fn open_to_read(ssl: &Arc<Connection>) -> Result<(), Stopped> {
    if !(ssl.is_open() && ssl.in_init()) {
        return open(ssl);
    }
    err::clear();
    let is_shared = ssl.want.is_shared();
    if is_shared && ssl.transport().would_block_writing() {
        return Ok(());
    }
    let is_sent = send_waiting_if(ssl, false) > 0;
    if is_sent || (is_shared && ssl.is_open()) { Ok(()) } else { Err(Stopped(-1)) }
}

/// Receives until there is plaintext or, where a goodbye is awaited, a record of data.
fn receive(ssl: &Arc<Connection>, receiver: &mut Receiver, goodbye: bool) -> Result<(), Stopped> {
    ssl.set_want(want::NOTHING);
    if !receiver.plaintext().is_empty() {
        return Ok(());
    }
    let mut transport = ssl.transport();
    let is_watched = callbacks::is_watched(ssl);
    loop {
        receiver.set_read_ahead(ssl.read_ahead.load(Ordering::Relaxed));
        let received = receiver.fill(&mut transport);
        // In TLS 1.3 such a message runs OpenSSL's state machine, which begins with an empty queue.
        if matches!(received, Ok(Received::Control)) && ssl.facts.read().version() == super::config::TLS1_3 {
            err::clear();
        }
        if is_watched || !matches!(received, Ok(Received::Data)) {
            callbacks::after_step(ssl);
        }
        if receiver.take_flush() {
            answer(ssl, &mut transport);
        }
        if matches!(received, Ok(Received::Data)) {
            ssl.warnings.store(0, Ordering::Relaxed);
            return Ok(());
        }
        match received {
            Ok(Received::Data | Received::Nothing) => {}
            // Where a goodbye is awaited, a record of data is one too many whether or not there is data in it.
            Ok(Received::Empty) if goodbye => return Ok(()),
            Ok(Received::Empty) => {}
            Ok(Received::Alert(level, description)) => match failure::hear(ssl, &[level, description]) {
                Heard::Ignored => {}
                Heard::Goodbye => return Err(Stopped(0)),
                Heard::Fatal(verdict) => return Err(end(ssl, verdict, &mut transport)),
            },
            Ok(Received::Control) => {
                session::after_step(ssl);
                if !ssl.auto_retry() && !receiver.has_ciphertext() {
                    ssl.set_want(want::READING);
                    transport.set_retry_read();
                    return Err(Stopped(-1));
                }
            }
            Ok(Received::WouldBlock) => {
                ssl.set_want(want::READING | want::BLOCKED);
                return Err(Stopped(failure::value(&transport)));
            }
            Ok(Received::Eof) => {
                let value = failure::value(&transport);
                if let Some(verdict) = failure::end_of_stream(ssl) {
                    end(ssl, verdict, &mut transport);
                }
                return Err(Stopped(value));
            }
            Ok(Received::Failed) => {
                if let Some(verdict) = failure::missing_bio(&transport) {
                    return Err(end(ssl, verdict, &mut transport));
                }
                ssl.set_want(want::READING);
                return Err(Stopped(failure::value(&transport)));
            }
            Err(error) => {
                let verdict = failure::verdict(ssl, &error);
                return Err(end(ssl, verdict, &mut transport));
            }
        }
    }
}

/// Ends the connection because of what was received.
fn end(ssl: &Arc<Connection>, verdict: Verdict, transport: &mut BioTransport) -> Stopped {
    // The peer's own alert is an end of the stream too.
    let value = if ssl.has_shutdown(shut::RECEIVED) && verdict.is_silent() { 0 } else { -1 };
    failure::end(ssl, verdict, |alert| match ssl.sender.lend(false) {
        Ok(mut sender) => {
            // It comes back: it still knows of a write that was cut short.
            sender.abort(transport, alert)
        }
        Err(Unlent::Elsewhere) => {
            ssl.owed.store(alert.map_or(owed::ANSWER, |alert| alert.0.into()), Ordering::SeqCst);
            None
        }
        Err(_) => None,
    });
    pay(ssl, transport);
    Stopped(value)
}

/// The sending half has something to say because of what was received. In TLS 1.3 that is a key update, which goes
/// before the next data; in TLS 1.2 it is the alert that refuses a renegotiation. What the transport does not take now
/// goes out with the next write.
fn answer(ssl: &Arc<Connection>, transport: &mut BioTransport) {
    if ssl.facts.read().version() == TLS1_3 {
        return replace_key_update(ssl, key_update::NONE, key_update::OWED);
    }
    ssl.owed.store(owed::ANSWER, Ordering::SeqCst);
    pay(ssl, transport);
}

/// Goes from one kind of key update that waits to another, unless it is a third one that waits.
fn replace_key_update(ssl: &Connection, from: i32, to: i32) {
    let _ = ssl.key_update.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
}

/// The alert that refuses a renegotiation (RFC 5246, section 7.2).
const NO_RENEGOTIATION: u8 = 100;

/// Sends what receiving wants to be sent. Where another thread sends, it does so when it is done.
fn pay(ssl: &Arc<Connection>, transport: &mut BioTransport) {
    while ssl.owed.load(Ordering::SeqCst) != owed::NOTHING {
        let Ok(mut sender) = ssl.sender.lend(false) else { return };
        match ssl.owed.swap(owed::NOTHING, Ordering::SeqCst) {
            owed::NOTHING => {}
            owed::ANSWER => {
                let sent = sender.flush(transport);
                callbacks::after_step(ssl);
                if matches!(sent, Io::Done(_)) && ssl.is_open() {
                    callbacks::alert_sent(ssl, 1, NO_RENEGOTIATION);
                }
            }
            alert => {
                let alert = AlertDescription(alert.unsigned_abs() as u8);
                let sent = sender.abort(transport, Some(alert));
                sender.discard();
                callbacks::at_end(ssl);
                if sent == Some(true) {
                    callbacks::alert_sent(ssl, 2, alert.0);
                }
            }
        }
    }
}

/// `SSL_write`.
fn write(ssl: &Arc<Connection>, data: &[u8]) -> Result<usize, Stopped> {
    if ssl.task() == Task::Unset {
        return Err(stop(-1, Error::Ssl(reason::UNINITIALIZED)));
    }
    if ssl.has_shutdown(shut::SENT) {
        ssl.set_want(want::NOTHING);
        return Err(stop(-1, Error::Ssl(reason::PROTOCOL_IS_SHUTDOWN)));
    }
    ssl.set_want(want::NOTHING);
    open(ssl).map_err(|stopped| match ssl.sender.look(|sender| sender.is_short(data.len())) {
        // A write that was cut short is remembered beyond a failure.
        Some(true) if ssl.has_failed() => stop(-1, Error::Ssl(reason::BAD_LENGTH)),
        _ => stopped,
    })?;
    let mut sender = sender(ssl)?;
    let mut transport = ssl.transport();
    let owes_update = ssl.key_update.load(Ordering::Relaxed) == key_update::OWED;
    let outcome = send(ssl, &mut sender, &mut transport, data);
    if owes_update && !data.is_empty() {
        replace_key_update(ssl, key_update::OWED, key_update::NONE);
    }
    if owes_update || callbacks::is_watched(ssl) {
        callbacks::after_step(ssl);
    }
    drop(sender);
    pay(ssl, &mut transport);
    outcome
}

fn send(ssl: &Connection, sender: &mut Sender, transport: &mut BioTransport, data: &[u8]) -> Result<usize, Stopped> {
    match sender.write(transport, data, write_mode(ssl)) {
        Ok(Io::Done(n)) => Ok(n),
        Ok(Io::WouldBlock) => {
            ssl.set_want(want::WRITING | want::BLOCKED);
            Err(Stopped(failure::value(transport)))
        }
        Ok(Io::Eof | Io::Failed) => {
            if let Some(verdict) = failure::missing_bio(transport) {
                return Err(end_of_sending(ssl, verdict, sender, transport));
            }
            ssl.set_want(want::WRITING);
            Err(Stopped(failure::value(transport)))
        }
        Err(error) => {
            let verdict = failure::verdict(ssl, &error);
            Err(end_of_sending(ssl, verdict, sender, transport))
        }
    }
}

fn write_mode(ssl: &Connection) -> WriteMode {
    let config = ssl.config();
    WriteMode {
        partial: ssl.has_mode(mode::ENABLE_PARTIAL_WRITE),
        moving_buffer: ssl.has_mode(mode::ACCEPT_MOVING_WRITE_BUFFER),
        fragment: config.max_send_fragment.min(config.split_send_fragment),
    }
}

/// Ends the connection because of what was to be sent.
fn end_of_sending(ssl: &Connection, verdict: Verdict, sender: &mut Sender, transport: &mut BioTransport) -> Stopped {
    failure::end(ssl, verdict, |alert| sender.abort(transport, alert));
    Stopped(-1)
}

/// The return value of the calls that count with an `int`.
fn counted(outcome: Result<usize, Stopped>) -> c_int {
    match outcome {
        Ok(n) => c_int::try_from(n).unwrap_or(c_int::MAX),
        Err(Stopped(value)) => value,
    }
}

/// The return value of the `_ex` calls: 1 with the count in `out`, else 0.
///
/// # Safety
/// `out` is null or valid for a write.
unsafe fn counted_ex(outcome: Result<usize, Stopped>, out: *mut usize) -> c_int {
    match outcome {
        Ok(n) => {
            // SAFETY: null or valid, by the caller.
            unsafe { arg::set(out, n) };
            (n > 0).into()
        }
        Err(_) => 0,
    }
}

fn length(num: c_int) -> Result<usize, Error> {
    usize::try_from(num).map_err(|_| Error::Ssl(reason::BAD_LENGTH))
}

/// `SSL_read(3)`: reads at most `num` bytes of one record; above 0 their number, else see `SSL_get_error`.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `buf` is writable for `num` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_read(ssl: *mut SSL, buf: *mut c_void, num: c_int) -> c_int {
    guard(-1, || {
        let len = length(num)?;
        // SAFETY: null or a live handle, and a buffer of `num` bytes, by the manual.
        let (ssl, buf) = unsafe { (share(ssl)?, arg::bytes_mut(buf.cast(), len)) };
        Ok(counted(read(&ssl, buf, false)))
    })
}

/// `SSL_read(3)`: as `SSL_read`; 1 with the count in `readbytes`, else 0.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `buf` is writable for `num` bytes; `readbytes` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_read_ex(ssl: *mut SSL, buf: *mut c_void, num: usize, readbytes: *mut usize) -> c_int {
    guard(0, || {
        // SAFETY: by the manual, as above.
        let (ssl, buf) = unsafe { (share(ssl)?, arg::bytes_mut(buf.cast(), num)) };
        // SAFETY: writable, by the manual.
        Ok(unsafe { counted_ex(read(&ssl, buf, false), readbytes) })
    })
}

/// `SSL_read(3)`: as `SSL_read`, but the bytes stay to be read again.
///
/// Status: full.
///
/// # Safety
/// As for `SSL_read`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_peek(ssl: *mut SSL, buf: *mut c_void, num: c_int) -> c_int {
    guard(-1, || {
        let len = length(num)?;
        // SAFETY: by the manual, as for `SSL_read`.
        let (ssl, buf) = unsafe { (share(ssl)?, arg::bytes_mut(buf.cast(), len)) };
        Ok(counted(read(&ssl, buf, true)))
    })
}

/// `SSL_read(3)`: as `SSL_peek`; 1 with the count in `readbytes`, else 0.
///
/// Status: full.
///
/// # Safety
/// As for `SSL_read_ex`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_peek_ex(ssl: *mut SSL, buf: *mut c_void, num: usize, readbytes: *mut usize) -> c_int {
    guard(0, || {
        // SAFETY: by the manual, as for `SSL_read_ex`.
        let (ssl, buf) = unsafe { (share(ssl)?, arg::bytes_mut(buf.cast(), num)) };
        // SAFETY: writable, by the manual.
        Ok(unsafe { counted_ex(read(&ssl, buf, true), readbytes) })
    })
}

/// `SSL_write(3)`: writes `num` bytes; above 0 their number, else see `SSL_get_error`. A call that was cut short must be
/// repeated with the same data.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `buf` is readable for `num` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write(ssl: *mut SSL, buf: *const c_void, num: c_int) -> c_int {
    guard(-1, || {
        let len = length(num)?;
        // SAFETY: null or a live handle, and a buffer of `num` bytes, by the manual.
        let (ssl, data) = unsafe { (share(ssl)?, arg::bytes(buf.cast(), len)) };
        Ok(counted(write(&ssl, data)))
    })
}

/// `SSL_write(3)`: as `SSL_write`; 1 with the count in `written`, else 0. Nothing to write is a success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `buf` is readable for `num` bytes; `written` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write_ex(ssl: *mut SSL, buf: *const c_void, num: usize, written: *mut usize) -> c_int {
    guard(0, || {
        // SAFETY: by the manual, as above.
        let (ssl, data) = unsafe { (share(ssl)?, arg::bytes(buf.cast(), num)) };
        let outcome = write(&ssl, data);
        let empty_done = num == 0 && outcome.is_ok();
        // SAFETY: writable, by the manual.
        let value = unsafe { counted_ex(outcome, written) };
        Ok(if empty_done { 1 } else { value })
    })
}

/// `SSL_pending(3)`: how many decrypted bytes can be read at once.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_pending(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let pending = ssl.receiver.look(|receiver| receiver.plaintext().len()).unwrap_or(0);
        Ok(c_int::try_from(pending).unwrap_or(c_int::MAX))
    })
}

/// `SSL_pending(3)`: whether anything has been received that was not read, decrypted or not.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_has_pending(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let received = |receiver: &mut Receiver| !receiver.plaintext().is_empty() || receiver.has_ciphertext();
        let handshaking = match &*ssl.phase.lock() {
            Phase::Handshaking(Some(handshake)) => handshake.has_ciphertext(),
            _ => false,
        };
        Ok((handshaking || ssl.receiver.look(received).unwrap_or(false)).into())
    })
}

/// `SSL_shutdown(3)`: says goodbye, then waits for the peer's. 0: ours is sent; 1: both are done; below 0: see
/// `SSL_get_error`.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_shutdown(ssl: *mut SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        if ssl.task() == Task::Unset {
            return Err(Error::Ssl(reason::UNINITIALIZED));
        }
        if ssl.in_init() {
            return Err(Error::Ssl(reason::SHUTDOWN_WHILE_IN_INIT));
        }
        Ok(match shutdown(&ssl) {
            Ok(value) | Err(Stopped(value)) => value,
        })
    })
}

const BOTH: c_int = shut::SENT | shut::RECEIVED;

fn shutdown(ssl: &Arc<Connection>) -> Result<c_int, Stopped> {
    if ssl.config().quiet_shutdown != 0 {
        ssl.shutdown.store(BOTH, Ordering::Relaxed);
        return Ok(1);
    }
    if !ssl.has_shutdown(shut::SENT) {
        ssl.add_shutdown(shut::SENT);
        ssl.goodbye.store(goodbye::WAITS, Ordering::Relaxed);
        // Behind data that waits to be sent nothing can go out.
        let may_send = ssl.sender.lend(true).is_ok_and(|sender| sender.is_idle());
        if !may_send || say_goodbye(ssl).is_err() {
            return Err(Stopped(-1));
        }
    } else if ssl.goodbye.load(Ordering::Relaxed) != goodbye::NONE {
        if let Err(Stopped(-1)) = say_goodbye(ssl) {
            return Err(Stopped(-1));
        }
    } else if !ssl.has_shutdown(shut::RECEIVED) {
        await_goodbye(ssl);
        if !ssl.has_shutdown(shut::RECEIVED) {
            return Err(Stopped(-1));
        }
    }
    let both = ssl.shutdown.load(Ordering::Relaxed) == BOTH;
    Ok((both && ssl.goodbye.load(Ordering::Relaxed) == goodbye::NONE).into())
}

/// Sends close_notify, as far as the transport takes it.
fn say_goodbye(ssl: &Arc<Connection>) -> Result<(), Stopped> {
    let mut sender = sender(ssl)?;
    let mut transport = ssl.transport();
    if ssl.goodbye.load(Ordering::Relaxed) != goodbye::SEALED {
        if !sender.is_idle() {
            // OpenSSL takes the alert for a repetition of the write that waits.
            let verdict = Verdict::silent(reason::BAD_WRITE_RETRY);
            return Err(end_of_sending(ssl, verdict, &mut sender, &mut transport));
        }
        sender.close();
        callbacks::after_step(ssl);
        ssl.goodbye.store(goodbye::SEALED, Ordering::Relaxed);
    }
    let outcome = match sender.send_goodbye(&mut transport) {
        Io::Done(_) => {
            ssl.set_want(want::NOTHING);
            ssl.goodbye.store(goodbye::NONE, Ordering::Relaxed);
            Ok(())
        }
        Io::WouldBlock => Err((want::WRITING | want::BLOCKED, Stopped(failure::value(&transport)))),
        Io::Eof | Io::Failed => match failure::missing_bio(&transport) {
            Some(verdict) => return Err(end_of_sending(ssl, verdict, &mut sender, &mut transport)),
            None => Err((want::WRITING, Stopped(failure::value(&transport)))),
        },
    };
    drop(sender);
    match outcome {
        Ok(()) => {
            callbacks::alert_sent(ssl, 1, 0);
            Ok(())
        }
        Err((want, stopped)) => {
            ssl.set_want(want);
            Err(stopped)
        }
    }
}

/// Waits for the peer's close_notify; application data in its place is an error.
fn await_goodbye(ssl: &Arc<Connection>) {
    let Ok(mut receiver) = receiver(ssl) else { return };
    if ssl.has_shutdown(shut::RECEIVED) {
        return;
    }
    let outcome = receive(ssl, &mut receiver, true);
    if outcome.is_ok() {
        let found = receiver.plaintext().len();
        receiver.consume(found);
    }
    drop(receiver);
    if outcome.is_ok() {
        // The peer is told nothing any more.
        failure::end(ssl, Verdict::silent(reason::APPLICATION_DATA_AFTER_CLOSE_NOTIFY), |_| None);
    }
}

/// `SSL_key_update(3)`: renews the sending key before anything else is sent, and asks the peer to renew its own; 1 on
/// success.
///
/// Status: partial: the peer is always asked to renew its key too (`SSL_KEY_UPDATE_REQUESTED`), and while it has not
/// answered another update sends nothing.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_key_update(ssl: *mut SSL, updatetype: c_int) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        if ssl.facts.read().version() != TLS1_3 {
            return Err(Error::Ssl(reason::WRONG_SSL_VERSION));
        }
        if !matches!(updatetype, 0 | 1) {
            return Err(Error::Ssl(reason::INVALID_KEY_UPDATE_TYPE));
        }
        if ssl.in_init() {
            return Err(Error::Ssl(reason::STILL_IN_INIT));
        }
        // What another thread sends now is not cut short: the update goes out behind it.
        match ssl.sender.lend(false) {
            Ok(sender) if sender.is_idle() => {}
            Err(Unlent::Elsewhere) => {}
            _ => return Err(Error::Ssl(reason::BAD_WRITE_RETRY)),
        }
        ssl.key_update.store(updatetype, Ordering::Relaxed);
        Ok(1)
    })
}

/// Sends the key update and the tickets that wait: 1 when they have gone, else -1.
pub(crate) fn send_waiting(ssl: &Arc<Connection>) -> c_int {
    send_waiting_if(ssl, true)
}

/// As [`send_waiting`]. Where another thread sends it waits, if `wait` says so, else leaves it to a later call.
fn send_waiting_if(ssl: &Arc<Connection>, wait: bool) -> c_int {
    let mut sender = match ssl.sender.lend(wait) {
        Ok(sender) => sender,
        Err(Unlent::Elsewhere) => return 1,
        Err(why) => return unlent(why).0,
    };
    let mut transport = ssl.transport();
    ssl.set_want(want::NOTHING);
    let is_sealed = match ssl.key_update.swap(key_update::SEALED, Ordering::Relaxed) {
        // Another thread has sent it meanwhile.
        key_update::NONE if !ssl.session.owes_ticket() => {
            replace_key_update(ssl, key_update::SEALED, key_update::NONE);
            return 1;
        }
        state => matches!(state, key_update::SEALED | key_update::NONE | key_update::OWED),
    };
    let updated = if is_sealed { Ok(()) } else { sender.update_keys() };
    let sealed = updated.and_then(|()| sender.send_tickets(&session::due_tickets(ssl)));
    let failed = sealed.err().map(|error| failure::verdict(ssl, &error)).or_else(|| session::ticket_failure(ssl));
    if let Some(verdict) = failed {
        return end_of_sending(ssl, verdict, &mut sender, &mut transport).0;
    }
    let sent = sender.flush(&mut transport);
    callbacks::after_step(ssl);
    if matches!(sent, Io::Done(_)) {
        // Another thread may have asked for the next one.
        replace_key_update(ssl, key_update::SEALED, key_update::NONE);
        return 1;
    }
    ssl.set_want(want::WRITING | if matches!(sent, Io::WouldBlock) { want::BLOCKED } else { 0 });
    -1
}

/// `SSL_key_update(3)`: the kind of key update that is waiting to be sent, -1 for none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_key_update_type(ssl: *const SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(match ssl.key_update.load(Ordering::Relaxed) {
            key_update::SEALED => key_update::NONE,
            // SSL_KEY_UPDATE_NOT_REQUESTED
            key_update::OWED => 0,
            waiting => waiting,
        })
    })
}
