//! `SSL_ctrl(3)` and `SSL_CTX_ctrl(3)`: from a command's number to the function that does it. Half of the C API's macros
//! end here.

use super::certificate_chain;
use super::certificate_slot::Owner;
use super::connection::Connection;
use super::context::Context;
use super::error::{Error, INTERNAL_ERROR, SHOULD_NOT_HAVE_BEEN_CALLED, guard};
use super::holder::Holder;
use super::types::{SSL, SSL_CTX};
use super::{
    callbacks, connection, extension_debug, group, handshake_values, ocsp, options, server_name, sigalg, tmp_dh,
    trust_store,
};
use super::{session_cache, session_id, ticket_keys};
use crate::seam::{Handle, arg};
use std::ffi::{c_int, c_long, c_void};
use std::sync::Arc;

/// A command's answer: done, or not known here.
pub(crate) type Answer = Result<Option<c_long>, Error>;

/// A function whose type the command knows.
pub(crate) type AnyCallback = Option<unsafe extern "C" fn()>;

/// The callback as the type its command has.
///
/// # Safety
/// `T` is an `Option` of the function type that the command's macro takes.
pub(crate) unsafe fn typed<T: Copy>(callback: AnyCallback) -> T {
    const { assert!(size_of::<T>() == size_of::<AnyCallback>()) };
    // SAFETY: function pointers of all types have one size; the caller names the right one.
    unsafe { std::mem::transmute_copy(&callback) }
}

/// Commands that contexts and connections have in common.
fn common(holder: &impl Holder, command: c_int, larg: c_long, parg: *mut c_void) -> Answer {
    Ok(Some(match command {
        16 => {
            callbacks::set_message_arg(holder, parg);
            1
        }
        33 => options::add_mode(holder, larg),
        78 => options::clear_mode(holder, larg),
        40 => holder.settings().read_ahead.into(),
        50 => holder.settings().max_cert_list as c_long,
        51 => options::set_max_cert_list(holder, larg),
        52 => options::set_max_send_fragment(holder, larg),
        123 => options::set_min_version(holder, larg)?,
        124 => options::set_max_version(holder, larg)?,
        125 => options::set_split_send_fragment(holder, larg),
        126 => options::set_max_pipelines(holder, larg),
        118 => 1,
        99 => holder.change(|config| {
            config.cert_flags |= larg as u32;
            config.cert_flags.into()
        }),
        100 => holder.change(|config| {
            config.cert_flags &= !(larg as u32);
            config.cert_flags.into()
        }),
        130 => holder.settings().min_version.into(),
        131 => holder.settings().max_version.into(),
        _ => return Ok(None),
    }))
}

/// Lists of groups and signature algorithms, by number and by name, and parameters of Diffie-Hellman.
///
/// # Safety
/// `parg` is what the command's manual page says.
unsafe fn lists(holder: &impl Holder, command: c_int, larg: c_long, parg: *mut c_void) -> Answer {
    // SAFETY: the commands that take numbers point to `larg` of them, by the manual.
    let numbers = || unsafe { arg::slice(parg.cast::<c_int>(), usize::try_from(larg).unwrap_or(0)) };
    // SAFETY: the commands that take names point to a C string, by the manual.
    let names = || unsafe { arg::c_str(parg.cast()) };
    match command {
        // SAFETY: null or live, by the manual.
        3 => return unsafe { tmp_dh::set_dh(holder, parg) }.map(|done| Some(done.into())),
        // SAFETY: as above.
        4 => return unsafe { tmp_dh::set_ecdh(holder, parg) }.map(|done| Some(done.into())),
        91 => {
            let groups = group::from_nids(numbers())?;
            holder.change(|config| config.groups = Some(groups));
        }
        92 => {
            let groups = group::from_names(names())?;
            holder.change(|config| config.groups = Some(groups));
        }
        97 | 101 if larg % 2 != 0 => return Err(Error::Silent),
        97 => {
            let schemes = sigalg::from_nids(numbers())?;
            holder.change(|config| config.sigalgs = Some(schemes));
        }
        98 => {
            let schemes = sigalg::from_names(names())?;
            holder.change(|config| config.sigalgs = Some(schemes));
        }
        101 => {
            let schemes = sigalg::from_nids(numbers())?;
            holder.change(|config| config.client_sigalgs = Some(schemes));
        }
        102 => {
            let schemes = sigalg::from_names(names())?;
            holder.change(|config| config.client_sigalgs = Some(schemes));
        }
        _ => return Ok(None),
    }
    Ok(Some(1))
}

/// Lists of names given to no context: they are only read.
///
/// # Safety
/// `parg` is what the command's manual page says.
unsafe fn check_list(command: c_int, parg: *mut c_void) -> Result<c_long, Error> {
    // SAFETY: the commands that take names point to a C string, by the manual.
    let names = || unsafe { arg::c_str(parg.cast()) };
    match command {
        92 => group::from_names(names()).map(|_| 1),
        98 | 102 => sigalg::from_names(names()).map(|_| 1),
        _ => Err(Error::Silent),
    }
}

/// What was agreed on with the peer.
///
/// # Safety
/// `parg` is what the command's manual page says.
unsafe fn agreed(ssl: &Connection, command: c_int, larg: c_long, parg: *mut c_void) -> Answer {
    Ok(Some(match command {
        90 => {
            let groups = group::of_client(ssl);
            // SAFETY: null or with room for as many numbers as a call with null has said, by the manual.
            unsafe { arg::fill(parg.cast::<c_int>(), &groups) };
            groups.len() as c_long
        }
        110 if parg.is_null() => 2,
        110 => {
            let hello = ssl.facts.read().hello.clone().ok_or(Error::Silent)?;
            // SAFETY: writable, by the manual. The bytes live as long as the connection has this hello.
            unsafe { arg::set(parg.cast::<*const u8>(), hello.cipher_suites.as_ptr()) };
            hello.cipher_suites.len() as c_long
        }
        93 => group::shared(ssl, larg as c_int).into(),
        134 => group::negotiated(ssl).into(),
        108 | 132 => match sigalg::signature_hash(ssl, command == 108) {
            Some(nid) => {
                // SAFETY: null or writable, by the manual.
                unsafe { arg::set(parg.cast::<c_int>(), nid) };
                1
            }
            None => 0,
        },
        _ => return Ok(None),
    }))
}

/// The rows of topics, asked one after the other.
///
/// # Safety
/// `parg` is what the command's manual page says.
unsafe fn connection_command(ssl: &Arc<Connection>, command: c_int, larg: c_long, parg: *mut c_void) -> Answer {
    // SAFETY: `parg` fits the command, by the caller.
    if let Some(answer) = unsafe { ocsp::connection_command(ssl, command, larg, parg) }? {
        return Ok(Some(answer));
    }
    // SAFETY: as above.
    if let Some(answer) = unsafe { handshake_values::command(ssl, command, parg) } {
        return Ok(Some(answer));
    }
    // SAFETY: as above.
    if let Some(answer) = unsafe { trust_store::command(&**ssl, command, larg, parg) } {
        return Ok(Some(answer));
    }
    // SAFETY: as above.
    if let Some(answer) = unsafe { certificate_chain::command(&Owner::Connection(ssl.clone()), command, larg, parg) }? {
        return Ok(Some(answer));
    }
    match command {
        // SAFETY: null or a C string, by the manual.
        55 => server_name::set_host_name(ssl, larg, unsafe { arg::c_str(parg.cast()) }).map(Some),
        136 => {
            ssl.trust.ask_again();
            Ok(Some(1))
        }
        41 => Ok(Some(options::set_read_ahead(&**ssl, larg != 0))),
        // Renegotiation never happens, and is secure as far as the peer is told.
        10..=12 => Ok(Some(0)),
        76 => Ok(Some(handshake_values::peer_renegotiates_securely(ssl).into())),
        13 => Ok(Some(0)),
        57 => {
            extension_debug::set_arg(ssl, parg);
            Ok(Some(1))
        }
        79..=81 => Ok(None),
        _ => refused_command(command, parg.is_null()),
    }
}

/// Commands that are known and refused. Setting nothing is no reason to fail.
fn refused_command(command: c_int, sets_nothing: bool) -> Answer {
    match command {
        6 => Err(Error::Ssl(SHOULD_NOT_HAVE_BEEN_CALLED)),
        79 | 80 | 104 if sets_nothing => Ok(Some(1)),
        81 if sets_nothing => Err(Error::Ssl(INTERNAL_ERROR)),
        79..=81 => Err(Error::Refused("SRP")),
        104 => Err(Error::Refused("SSL_CTX_set1_client_certificate_types")),
        _ => Ok(None),
    }
}

/// A command that sets a callback and is refused. Setting none is no reason to fail.
fn refused_callback(what: &'static str, callback: AnyCallback) -> Answer {
    if callback.is_none() { Ok(Some(1)) } else { Err(Error::Refused(what)) }
}

/// As [`connection_command`].
///
/// # Safety
/// `parg` is what the command's manual page says.
unsafe fn context_command(context: &Arc<Context>, command: c_int, larg: c_long, parg: *mut c_void) -> Answer {
    // SAFETY: `parg` fits the command, by the caller.
    if let Some(answer) = unsafe { ocsp::context_command(context, command, larg, parg) } {
        return Ok(Some(answer));
    }
    // SAFETY: as above.
    if let Some(answer) = unsafe { trust_store::command(&**context, command, larg, parg) } {
        return Ok(Some(answer));
    }
    // SAFETY: as above.
    if let Some(answer) = unsafe { certificate_chain::context_command(context, command, larg, parg) }? {
        return Ok(Some(answer));
    }
    let owner = Owner::Context(context.clone());
    // SAFETY: as above.
    if let Some(answer) = unsafe { certificate_chain::command(&owner, command, larg, parg) }? {
        return Ok(Some(answer));
    }
    match command {
        41 => Ok(Some(options::set_read_ahead(&**context, larg != 0))),
        // SAFETY: readable or writable for `larg` bytes, by the manual.
        58 | 59 => unsafe { ticket_keys::keys_command(context, command == 59, larg, parg) }.map(Some),
        20..=31 | 42..=45 => Ok(session_cache::command(context, command, larg)),
        54 => {
            server_name::set_callback_arg(context, parg);
            Ok(Some(1))
        }
        _ => refused_command(command, parg.is_null()),
    }
}

/// `SSL_CTX_ctrl(3)`: does command `cmd` on a connection; most of its macros have manual pages of their own.
///
/// Status: partial: commands of what is not supported fail.
///
/// # Safety
/// `ssl` is null or a live handle; `parg` is what the command's manual page says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_ctrl(ssl: *mut SSL, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        if let Some(answer) = common(&*ssl, cmd, larg, parg)? {
            return Ok(answer);
        }
        // SAFETY: `parg` fits the command, by the manual.
        if let Some(answer) = unsafe { lists(&*ssl, cmd, larg, parg) }? {
            return Ok(answer);
        }
        // SAFETY: as above.
        if let Some(answer) = unsafe { agreed(&ssl, cmd, larg, parg) }? {
            return Ok(answer);
        }
        // SAFETY: `parg` fits the command, by the manual.
        Ok(unsafe { connection_command(&ssl, cmd, larg, parg) }?.unwrap_or(0))
    })
}

/// `SSL_CTX_ctrl(3)`: does command `cmd` on a context; most of its macros have manual pages of their own.
///
/// Status: partial: commands of what is not supported fail.
///
/// # Safety
/// `ctx` is null or a live handle; `parg` is what the command's manual page says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_ctrl(ctx: *mut SSL_CTX, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let Some(context) = (unsafe { SSL_CTX::share(ctx) }) else {
            // SAFETY: `parg` fits the command, by the manual.
            return unsafe { check_list(cmd, parg) };
        };
        if let Some(answer) = common(&*context, cmd, larg, parg)? {
            return Ok(answer);
        }
        // SAFETY: `parg` fits the command, by the manual.
        if let Some(answer) = unsafe { lists(&*context, cmd, larg, parg) }? {
            return Ok(answer);
        }
        // SAFETY: `parg` fits the command, by the manual.
        Ok(unsafe { context_command(&context, cmd, larg, parg) }?.unwrap_or(0))
    })
}

/// `SSL_CTX_ctrl(3)`: sets a callback of a connection.
///
/// Status: partial: commands of what is not supported fail.
///
/// # Safety
/// `ssl` is null or a live handle; `fp` is null or of the type that the command's macro takes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_callback_ctrl(ssl: *mut SSL, cmd: c_int, fp: AnyCallback) -> c_long {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        // SAFETY: `fp` fits the command, by the manual.
        Ok(unsafe { connection_callback(&ssl, cmd, fp) }?.unwrap_or(0))
    })
}

/// `SSL_CTX_ctrl(3)`: sets a callback of a context.
///
/// Status: partial: commands of what is not supported fail.
///
/// # Safety
/// `ctx` is null or a live handle; `fp` is null or of the type that the command's macro takes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_callback_ctrl(ctx: *mut SSL_CTX, cmd: c_int, fp: AnyCallback) -> c_long {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { super::context::share(ctx) }?;
        // SAFETY: `fp` fits the command, by the manual.
        Ok(unsafe { context_callback(&context, cmd, fp) }?.unwrap_or(0))
    })
}

/// # Safety
/// `callback` is null or of the type that the command's macro takes.
unsafe fn connection_callback(ssl: &Arc<Connection>, command: c_int, callback: AnyCallback) -> Answer {
    match command {
        15 => {
            // SAFETY: the macro takes a message callback.
            let callback = unsafe { typed(callback) };
            ssl.change(|config| config.callbacks.message = callback);
            callbacks::watch(ssl);
            Ok(Some(1))
        }
        6 => Ok(Some(1)),
        79 => {
            // SAFETY: the macro takes a callback of this type; the handle is live.
            unsafe { session_id::SSL_set_not_resumable_session_callback(ssl.as_ptr(), typed(callback)) };
            Ok(Some(1))
        }
        56 => {
            // SAFETY: the macro takes a callback of this type.
            extension_debug::set_callback(ssl, unsafe { typed(callback) });
            Ok(Some(1))
        }
        _ => Ok(None),
    }
}

/// # Safety
/// `callback` is null or of the type that the command's macro takes.
unsafe fn context_callback(context: &Arc<Context>, command: c_int, callback: AnyCallback) -> Answer {
    match command {
        15 => {
            // SAFETY: the macro takes a message callback.
            let callback = unsafe { typed(callback) };
            context.change(|config| config.callbacks.message = callback);
            Ok(Some(1))
        }
        53 => {
            // SAFETY: the macro takes a server-name callback.
            server_name::set_callback(context, unsafe { typed(callback) });
            Ok(Some(1))
        }
        72 => {
            // SAFETY: the command's type, by the caller.
            ticket_keys::set_key_callback(context, unsafe { typed(callback) });
            Ok(Some(1))
        }
        63 => {
            // SAFETY: the macro takes a status callback.
            ocsp::set_callback(context, unsafe { typed(callback) });
            Ok(Some(1))
        }
        6 => Ok(Some(1)),
        79 => {
            let ctx = SSL_CTX::peek(context);
            // SAFETY: the macro takes a callback of this type; the handle is live.
            unsafe { session_id::SSL_CTX_set_not_resumable_session_callback(ctx, typed(callback)) };
            Ok(Some(1))
        }
        75..=77 => refused_callback("SRP", callback),
        _ => Ok(None),
    }
}
