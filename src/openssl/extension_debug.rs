//! The callback that is shown the extensions a peer sends (`SSL_set_tlsext_debug_callback`).

use super::callback_types::ExtensionDebugCallback;
use super::callbacks::{self, Arg};
use super::connection::Connection;
use super::holder::Holder;
use crate::tls::extension_list;
use std::ffi::{c_int, c_void};

/// The extensions that OpenSSL knows, by their numbers of IANA's registry; others are not shown.
const KNOWN: [u16; 25] =
    [0, 1, 5, 10, 11, 12, 13, 14, 16, 18, 21, 22, 23, 35, 41, 42, 43, 44, 45, 47, 49, 50, 51, 0x3374, 0xff01];

/// `SSL_CTRL_SET_TLSEXT_DEBUG_CB`.
pub(crate) fn set_callback(ssl: &Connection, callback: ExtensionDebugCallback) {
    ssl.change(|config| config.callbacks.extension = callback);
    callbacks::watch(ssl);
}

/// `SSL_CTRL_SET_TLSEXT_DEBUG_ARG`.
pub(crate) fn set_arg(ssl: &Connection, arg: *mut c_void) {
    ssl.change(|config| config.callbacks.extension_arg = Arg(arg));
}

/// A message has been read: shows its extensions.
pub(super) fn show(ssl: &Connection, message: &[u8], tls13: bool) {
    let callbacks = ssl.config().callbacks;
    let Some(callback) = callbacks.extension else { return };
    let is_client = c_int::from(!ssl.is_server());
    for (kind, content) in extension_list::of_message(message, tls13).unwrap_or_default() {
        let Ok(len) = c_int::try_from(content.len()) else { continue };
        if KNOWN.contains(&kind) {
            let (data, arg) = (content.as_ptr(), callbacks.extension_arg.0);
            // SAFETY: the connection is live during its own calls; the content lives as long as the call.
            unsafe { callback(ssl.as_ptr(), is_client, kind.into(), data, len, arg) };
        }
    }
}
