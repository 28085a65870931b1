//! The C API's named function types. cbindgen makes the header's typedefs from these; a null pointer is `None`.

#![expect(non_camel_case_types, reason = "the names of the C API")]

use super::types::{CT_POLICY_EVAL_CTX, stack_st_SCT};
use super::types::{SSL, SSL_CIPHER, SSL_SESSION, stack_st_SSL_CIPHER};
use crate::libcrypto::sys::{EVP_CIPHER_CTX, EVP_MAC_CTX, EVP_MD, HMAC_CTX, X509, X509_STORE_CTX};
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

/// Told of each certificate that chain verification looked at; returns the verdict to go on with.
pub type SSL_verify_cb = Option<unsafe extern "C" fn(preverify_ok: c_int, x509_ctx: *mut X509_STORE_CTX) -> c_int>;
/// A handshake state (`TLS_ST_OK` and others).
pub type OSSL_HANDSHAKE_STATE = c_int;
/// Makes a session id of `*id_len` bytes.
pub type GEN_SESSION_CB = Option<unsafe extern "C" fn(ssl: *mut SSL, id: *mut c_uchar, id_len: *mut c_uint) -> c_int>;
/// Gets each line of the key log, without a line end.
pub type SSL_CTX_keylog_cb_func = Option<unsafe extern "C" fn(ssl: *const SSL, line: *const c_char)>;
/// Chooses one of the protocols that the client offers.
pub type SSL_CTX_alpn_select_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        out: *mut *const c_uchar,
        outlen: *mut c_uchar,
        offered: *const c_uchar,
        offered_len: c_uint,
        arg: *mut c_void,
    ) -> c_int,
>;
/// Lists the server's protocols for NPN.
pub type SSL_CTX_npn_advertised_cb_func = Option<
    unsafe extern "C" fn(ssl: *mut SSL, out: *mut *const c_uchar, outlen: *mut c_uint, arg: *mut c_void) -> c_int,
>;
/// Chooses one of the server's protocols for NPN.
pub type SSL_CTX_npn_select_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        out: *mut *mut c_uchar,
        outlen: *mut c_uchar,
        advertised: *const c_uchar,
        advertised_len: c_uint,
        arg: *mut c_void,
    ) -> c_int,
>;
/// Looks at a ClientHello before anything is decided.
pub type SSL_client_hello_cb_fn = Option<unsafe extern "C" fn(s: *mut SSL, al: *mut c_int, arg: *mut c_void) -> c_int>;
/// Adds application data to a session before its ticket is made.
pub type SSL_CTX_generate_session_ticket_fn = Option<unsafe extern "C" fn(s: *mut SSL, arg: *mut c_void) -> c_int>;
/// What became of a ticket (`SSL_TICKET_EMPTY` and others).
pub type SSL_TICKET_STATUS = c_int;
/// What to do with a ticket (`SSL_TICKET_RETURN_USE` and others).
pub type SSL_TICKET_RETURN = c_int;
/// Looks at the session of a ticket and says what to do with it.
pub type SSL_CTX_decrypt_session_ticket_fn = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ss: *mut SSL_SESSION,
        keyname: *const c_uchar,
        keyname_length: usize,
        status: SSL_TICKET_STATUS,
        arg: *mut c_void,
    ) -> SSL_TICKET_RETURN,
>;
/// Says whether early data may be accepted.
pub type SSL_allow_early_data_cb_fn = Option<unsafe extern "C" fn(s: *mut SSL, arg: *mut c_void) -> c_int>;
/// Gives identity and key of a TLS 1.2 client; returns the key's length.
pub type SSL_psk_client_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        hint: *const c_char,
        identity: *mut c_char,
        max_identity_len: c_uint,
        psk: *mut c_uchar,
        max_psk_len: c_uint,
    ) -> c_uint,
>;
/// Gives the key for an identity to a TLS 1.2 server; returns its length.
pub type SSL_psk_server_cb_func = Option<
    unsafe extern "C" fn(ssl: *mut SSL, identity: *const c_char, psk: *mut c_uchar, max_psk_len: c_uint) -> c_uint,
>;
/// Gives the session for a TLS 1.3 identity to a server.
pub type SSL_psk_find_session_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        identity: *const c_uchar,
        identity_len: usize,
        sess: *mut *mut SSL_SESSION,
    ) -> c_int,
>;
/// Gives identity and session to a TLS 1.3 client.
pub type SSL_psk_use_session_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        md: *const EVP_MD,
        id: *mut *const c_uchar,
        idlen: *mut usize,
        sess: *mut *mut SSL_SESSION,
    ) -> c_int,
>;
/// Told that a paused operation may go on.
pub type SSL_async_callback_fn = Option<unsafe extern "C" fn(s: *mut SSL, arg: *mut c_void) -> c_int>;
/// Gives the retransmission time in microseconds.
pub type DTLS_timer_cb = Option<unsafe extern "C" fn(s: *mut SSL, timer_us: c_uint) -> c_uint>;
/// Judges the signed certificate timestamps of a peer.
pub type ssl_ct_validation_cb =
    Option<unsafe extern "C" fn(ctx: *const CT_POLICY_EVAL_CTX, scts: *const stack_st_SCT, arg: *mut c_void) -> c_int>;
/// Told of the raw body of the peer's SessionTicket extension.
pub type tls_session_ticket_ext_cb_fn =
    Option<unsafe extern "C" fn(s: *mut SSL, data: *const c_uchar, len: c_int, arg: *mut c_void) -> c_int>;
/// Gives the master secret of a session that its ticket describes.
pub type tls_session_secret_cb_fn = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        secret: *mut c_void,
        secret_len: *mut c_int,
        peer_ciphers: *mut stack_st_SSL_CIPHER,
        cipher: *mut *const SSL_CIPHER,
        arg: *mut c_void,
    ) -> c_int,
>;
/// Told of a connection that waits at a QUIC listener.
pub type SSL_new_pending_conn_cb_fn =
    Option<unsafe extern "C" fn(ctx: *mut super::types::SSL_CTX, new_ssl: *mut SSL, arg: *mut c_void) -> c_int>;

/// Gives the body of a custom extension.
pub type custom_ext_add_cb = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        out: *mut *const c_uchar,
        outlen: *mut usize,
        al: *mut c_int,
        add_arg: *mut c_void,
    ) -> c_int,
>;
/// Frees what a `custom_ext_add_cb` gave.
pub type custom_ext_free_cb =
    Option<unsafe extern "C" fn(s: *mut SSL, ext_type: c_uint, out: *const c_uchar, add_arg: *mut c_void)>;
/// Reads the peer's body of a custom extension.
pub type custom_ext_parse_cb = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        body: *const c_uchar,
        body_len: usize,
        al: *mut c_int,
        parse_arg: *mut c_void,
    ) -> c_int,
>;
/// Gives the body of a custom extension in the message that `context` names.
pub type SSL_custom_ext_add_cb_ex = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        context: c_uint,
        out: *mut *const c_uchar,
        outlen: *mut usize,
        x: *mut X509,
        chainidx: usize,
        al: *mut c_int,
        add_arg: *mut c_void,
    ) -> c_int,
>;
/// Frees what an `SSL_custom_ext_add_cb_ex` gave.
pub type SSL_custom_ext_free_cb_ex = Option<
    unsafe extern "C" fn(s: *mut SSL, ext_type: c_uint, context: c_uint, out: *const c_uchar, add_arg: *mut c_void),
>;
/// Reads the peer's body of a custom extension in the message that `context` names.
pub type SSL_custom_ext_parse_cb_ex = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        context: c_uint,
        body: *const c_uchar,
        body_len: usize,
        x: *mut X509,
        chainidx: usize,
        al: *mut c_int,
        parse_arg: *mut c_void,
    ) -> c_int,
>;
/// Asked about each security decision (`SSL_CTX_set_security_callback`).
pub type SecurityCallback = Option<
    unsafe extern "C" fn(
        s: *const SSL,
        ctx: *const super::types::SSL_CTX,
        op: c_int,
        bits: c_int,
        nid: c_int,
        other: *mut c_void,
        ex: *mut c_void,
    ) -> c_int,
>;
/// Told of handshake states and alerts (`SSL_CTX_set_info_callback`).
pub type InfoCallback = Option<unsafe extern "C" fn(ssl: *const SSL, kind: c_int, val: c_int)>;
/// Told of protocol messages (`SSL_CTX_set_msg_callback`).
pub type MessageCallback = Option<
    unsafe extern "C" fn(
        write_p: c_int,
        version: c_int,
        content_type: c_int,
        buf: *const c_void,
        len: usize,
        ssl: *mut SSL,
        arg: *mut c_void,
    ),
>;
/// Shown each extension that a peer sends; `client_server` is 1 on a client (`SSL_set_tlsext_debug_callback`).
pub type ExtensionDebugCallback = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        client_server: c_int,
        kind: c_int,
        data: *const c_uchar,
        len: c_int,
        arg: *mut c_void,
    ),
>;
/// Given each new session; returns 1 to keep the count that comes with it (`SSL_CTX_sess_set_new_cb`).
pub type NewSessionCallback = Option<unsafe extern "C" fn(ssl: *mut SSL, session: *mut SSL_SESSION) -> c_int>;
/// Told that a session is removed (`SSL_CTX_sess_set_remove_cb`).
pub type RemoveSessionCallback =
    Option<unsafe extern "C" fn(ctx: *mut super::types::SSL_CTX, session: *mut SSL_SESSION)>;
/// Finds a session by its id (`SSL_CTX_sess_set_get_cb`).
pub type GetSessionCallback =
    Option<unsafe extern "C" fn(ssl: *mut SSL, data: *const c_uchar, len: c_int, copy: *mut c_int) -> *mut SSL_SESSION>;
/// Sets up cipher and MAC of a ticket (`SSL_CTX_set_tlsext_ticket_key_cb`): 0 no ticket, 1 done, 2 done and to be
/// renewed, below 0 failed.
pub type TicketKeyCallback = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        key_name: *mut c_uchar,
        iv: *mut c_uchar,
        ctx: *mut EVP_CIPHER_CTX,
        hctx: *mut HMAC_CTX,
        enc: c_int,
    ) -> c_int,
>;
/// The same with an `EVP_MAC_CTX` (`SSL_CTX_set_tlsext_ticket_key_evp_cb`).
pub type TicketKeyEvpCallback = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        key_name: *mut c_uchar,
        iv: *mut c_uchar,
        ctx: *mut EVP_CIPHER_CTX,
        hctx: *mut EVP_MAC_CTX,
        enc: c_int,
    ) -> c_int,
>;
/// Says whether a session must not be resumed (`SSL_CTX_set_not_resumable_session_callback`).
pub type NotResumableCallback = Option<unsafe extern "C" fn(ssl: *mut SSL, is_forward_secure: c_int) -> c_int>;
