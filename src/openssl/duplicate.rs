//! `SSL_dup(3)`.

use super::config::Config;
use super::connection::{Connection, share};
use super::error::{Error, guard};
use super::types::SSL;
use super::verify::VerifyPolicy;
use crate::seam::{Handle, Owning};
use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// `SSL_dup(3)`: a second connection with the settings of one that has not begun its handshake. One that has is not
/// copied: the same connection comes back with a count more.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_dup(ssl: *mut SSL) -> *mut SSL {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let from = unsafe { share(ssl) }?;
        if from.has_begun() {
            return Ok(SSL::give(Owning::new(from)));
        }
        let to = Connection::new(from.context())?;
        copy(&from, &to)?;
        Ok(SSL::give(Owning::new(to)))
    })
}

/// Copies what OpenSSL copies. What is not in this list, such as the server name, ALPN, groups and the BIOs, is that of a
/// fresh connection.
fn copy(from: &Arc<Connection>, to: &Arc<Connection>) -> Result<(), Error> {
    let config = from.config();
    to.edit(|settings| {
        settings.method_versions = config.method_versions;
        settings.options = config.options;
        settings.mode = config.mode;
        (settings.min_version, settings.max_version) = (config.min_version, config.max_version);
        (settings.ciphers, settings.own_ciphers) = (config.ciphers.clone(), config.own_ciphers);
        settings.max_cert_list = config.max_cert_list;
        settings.read_ahead = config.read_ahead;
        settings.callbacks = config.callbacks;
        // As in SSL_set_verify, no callback leaves the context's in place.
        let callback = config.verify.callback.or(settings.verify.callback);
        settings.verify = VerifyPolicy { callback, ..config.verify.clone() };
        settings.generate_id = config.generate_id;
        settings.password = config.password;
        settings.session_id_context = config.session_id_context.clone();
        copy_certificates(settings, &config);
    });
    *to.method.write() = *from.method.read();
    to.copy_side(from);
    to.shutdown.store(from.shutdown.load(Ordering::Relaxed), Ordering::Relaxed);
    to.trust.copy_from(&from.trust);
    to.ca_lists.copy_from(&from.ca_lists);
    super::session::copy(from, to);
    if to.ex_data.duplicate(&from.ex_data) { Ok(()) } else { Err(Error::Queued) }
}

/// What OpenSSL keeps beside the certificates.
fn copy_certificates(to: &mut Config, from: &Config) {
    to.certificates = from.certificates.clone();
    to.cert_flags = from.cert_flags;
    to.sigalgs = from.sigalgs.clone();
    to.client_sigalgs = from.client_sigalgs.clone();
    to.tmp_dh = from.tmp_dh.clone();
    to.security_level = from.security_level;
    to.security_ex_data = from.security_ex_data;
    to.security_callback = from.security_callback;
    to.security_answers = None;
}

/// `SSL_copy_session_id(3)`: gives `to` the session, the certificates and the session id context of `from`; 1 on
/// success.
///
/// Status: full.
///
/// # Safety
/// Both are null or live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_copy_session_id(to: *mut SSL, from: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or live handles, by the manual.
        let (to, from) = unsafe { (share(to)?, share(from)?) };
        super::session::copy(&from, &to);
        let config = from.config();
        to.edit(|settings| {
            copy_certificates(settings, &config);
            settings.session_id_context = config.session_id_context.clone();
        });
        Ok(1)
    })
}
