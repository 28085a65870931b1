//! Options, modes, version limits and buffer settings.

use super::config::TLS1_3;
use super::error::{Error, guard};
use super::holder::Holder;
use super::types::{SSL, SSL_CTX};
use super::{connection, context};
use crate::seam::Handle;
use std::ffi::{c_int, c_long};

/// `SSL3_VERSION`.
const SSL3: c_long = 0x0300;
/// The largest record OpenSSL makes, bytes of plaintext.
const MAX_FRAGMENT: usize = 16384;
/// The smallest limit that can be set for it.
const MIN_FRAGMENT: usize = 512;

/// `SSL_CTRL_MODE`: adds bits and gives all.
pub(crate) fn add_mode(holder: &impl Holder, bits: c_long) -> c_long {
    holder.change(|config| {
        config.mode |= bits as u32;
        config.mode.into()
    })
}

/// `SSL_CTRL_CLEAR_MODE`: clears bits and gives all.
pub(crate) fn clear_mode(holder: &impl Holder, bits: c_long) -> c_long {
    holder.change(|config| {
        config.mode &= !(bits as u32);
        config.mode.into()
    })
}

/// `SSL_CTRL_SET_MIN_PROTO_VERSION`: 1 on success. A limit that no version reaches any more excludes nothing.
pub(crate) fn set_min_version(holder: &impl Holder, version: c_long) -> Result<c_long, Error> {
    let version = known_version(version)?;
    holder.change(|config| {
        if !config.is_one_version() {
            config.min_version = version;
        }
    });
    Ok(1)
}

/// `SSL_CTRL_SET_MAX_PROTO_VERSION`: 1 on success. A limit below TLS 1.2 leaves no version: every handshake then fails with
/// `SSL_R_NO_PROTOCOLS_AVAILABLE`, as OpenSSL's do at the security levels that do without the older versions.
pub(crate) fn set_max_version(holder: &impl Holder, version: c_long) -> Result<c_long, Error> {
    let version = known_version(version)?;
    holder.change(|config| {
        if !config.is_one_version() {
            config.max_version = version;
        }
    });
    Ok(1)
}

fn known_version(version: c_long) -> Result<u16, Error> {
    match version {
        0 => Ok(0),
        SSL3..=0x0304 => Ok(u16::try_from(version).unwrap_or(TLS1_3)),
        _ => Err(Error::Silent),
    }
}

/// `SSL_CTRL_SET_MAX_SEND_FRAGMENT`: 1 on success, 0 out of range.
pub(crate) fn set_max_send_fragment(holder: &impl Holder, bytes: c_long) -> c_long {
    match usize::try_from(bytes) {
        Ok(bytes @ MIN_FRAGMENT..=MAX_FRAGMENT) => holder.change(|config| {
            config.max_send_fragment = bytes;
            config.split_send_fragment = config.split_send_fragment.min(bytes);
            1
        }),
        _ => 0,
    }
}

/// `SSL_CTRL_SET_SPLIT_SEND_FRAGMENT`: 1 on success, 0 out of range. It has a meaning only with pipelines.
pub(crate) fn set_split_send_fragment(holder: &impl Holder, bytes: c_long) -> c_long {
    holder.change(|config| match usize::try_from(bytes) {
        Ok(bytes) if (1..=config.max_send_fragment).contains(&bytes) => {
            config.split_send_fragment = bytes;
            1
        }
        _ => 0,
    })
}

/// `SSL_CTRL_SET_MAX_PIPELINES`: 1 on success, 0 out of range. No cipher here has pipelines, as none of OpenSSL's own.
pub(crate) fn set_max_pipelines(holder: &impl Holder, pipelines: c_long) -> c_long {
    match pipelines {
        1..=32 => {
            if pipelines > 1 {
                holder.change(|config| config.read_ahead = true);
            }
            1
        }
        _ => 0,
    }
}

/// `SSL_CTRL_SET_READ_AHEAD`: gives the old value.
pub(crate) fn set_read_ahead(holder: &impl Holder, on: bool) -> c_long {
    holder.change(|config| std::mem::replace(&mut config.read_ahead, on)).into()
}

/// `SSL_CTRL_SET_MAX_CERT_LIST`: gives the old value, 0 for a negative one.
pub(crate) fn set_max_cert_list(holder: &impl Holder, bytes: c_long) -> c_long {
    match usize::try_from(bytes) {
        Ok(bytes) => holder.change(|config| std::mem::replace(&mut config.max_cert_list, bytes)) as c_long,
        Err(_) => 0,
    }
}

/// `SSL_CTX_set_options(3)`: the options that are set (`SSL_OP_*`).
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_options(ctx: *const SSL_CTX) -> u64 {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(holder.settings().options)
    })
}

/// `SSL_CTX_set_options(3)`: the options that are set (`SSL_OP_*`).
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_options(ssl: *const SSL) -> u64 {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(holder.settings().options)
    })
}

/// `SSL_CTX_set_options(3)`: adds options (`SSL_OP_*`); gives all that are set.
///
/// Status: partial: the extended master secret is offered also with `SSL_OP_NO_EXTENDED_MASTER_SECRET`, and no ClientHello is padded.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_options(ctx: *mut SSL_CTX, op: u64) -> u64 {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        Ok(holder.change(|config| {
            config.options |= op;
            config.options
        }))
    })
}

/// `SSL_CTX_set_options(3)`: adds options (`SSL_OP_*`); gives all that are set.
///
/// Status: partial: the extended master secret is offered also with `SSL_OP_NO_EXTENDED_MASTER_SECRET`, and no ClientHello is padded.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_options(ssl: *mut SSL, op: u64) -> u64 {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        Ok(holder.change(|config| {
            config.options |= op;
            config.options
        }))
    })
}

/// `SSL_CTX_set_options(3)`: clears options (`SSL_OP_*`); gives all that are set.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_clear_options(ctx: *mut SSL_CTX, op: u64) -> u64 {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        Ok(holder.change(|config| {
            config.options &= !op;
            config.options
        }))
    })
}

/// `SSL_CTX_set_options(3)`: clears options (`SSL_OP_*`); gives all that are set.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_clear_options(ssl: *mut SSL, op: u64) -> u64 {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        Ok(holder.change(|config| {
            config.options &= !op;
            config.options
        }))
    })
}

/// `SSL_CTX_set_quiet_shutdown(3)`: the value that was set.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_quiet_shutdown(ctx: *const SSL_CTX) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Silent)?;
        Ok(holder.settings().quiet_shutdown)
    })
}

/// `SSL_CTX_set_quiet_shutdown(3)`: the value that was set.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_quiet_shutdown(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(holder.settings().quiet_shutdown)
    })
}

/// `SSL_CTX_set_quiet_shutdown(3)`: with a value other than 0, `SSL_shutdown` sends and awaits no close_notify.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_quiet_shutdown(ctx: *mut SSL_CTX, mode: c_int) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        holder.change(|config| config.quiet_shutdown = mode);
        Ok(())
    });
}

/// `SSL_CTX_set_quiet_shutdown(3)`: with a value other than 0, `SSL_shutdown` sends and awaits no close_notify.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_quiet_shutdown(ssl: *mut SSL, mode: c_int) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        holder.change(|config| config.quiet_shutdown = mode);
        Ok(())
    });
}

/// `SSL_CTX_set_read_ahead(3)`: whether more than one record is received at a time.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_read_ahead(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(holder.settings().read_ahead.into())
    })
}

/// `SSL_CTX_set_read_ahead(3)`: whether to receive more than one record at a time.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_read_ahead(ssl: *mut SSL, yes: c_int) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        set_read_ahead(&*holder, yes != 0);
        Ok(())
    });
}

/// `SSL_CTX_set_default_read_buffer_len(3)`: a hint for the size of the receive buffer, bytes.
///
/// Status: partial: buffers come from a pool and hold one record.
///
/// # Safety
/// `ctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_read_buffer_len(ctx: *mut SSL_CTX, len: usize) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { context::share(ctx) }?;
        let _ = (holder, len);
        Ok(())
    });
}

/// `SSL_CTX_set_default_read_buffer_len(3)`: a hint for the size of the receive buffer, bytes.
///
/// Status: partial: buffers come from a pool and hold one record.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_default_read_buffer_len(ssl: *mut SSL, len: usize) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let holder = unsafe { connection::share(ssl) }?;
        let _ = (holder, len);
        Ok(())
    });
}

/// `SSL_alloc_buffers(3)`: readies buffers; returns 1. They come from a pool when they are needed.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_alloc_buffers(ssl: *mut SSL) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    guard(0, || unsafe { connection::share(ssl) }.map(|_| 1))
}

/// `SSL_alloc_buffers(3)`: gives buffers back; 1 when nothing is in them, else 0. Empty ones are given back anyway.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_free_buffers(ssl: *mut SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { connection::share(ssl) }?;
        let holds = |receiver: &mut crate::tls::traffic::Receiver| {
            !receiver.plaintext().is_empty() || receiver.has_ciphertext()
        };
        let sending = ssl.sender.look(|sender| !sender.is_idle()).unwrap_or(false);
        let receiving = ssl.receiver.look(holds).unwrap_or(false);
        Ok((!sending && !receiving).into())
    })
}
