//! The opaque types of the C API. What a pointer to one really points to is said by its `Handle` impl, beside the
//! object's own type (`SSL` in connection.rs, `SSL_CTX` in context.rs, ...).

macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            pub struct $name {
                _opaque: [u8; 0],
            }
        )*
    };
}

opaque! {
    /// A connection (`struct ssl_st`).
    SSL;
    /// What connections are made from (`struct ssl_ctx_st`).
    SSL_CTX;
    /// A resumable session (`struct ssl_session_st`).
    SSL_SESSION;
    /// Protocol versions and side of a context (`struct ssl_method_st`); only ever a pointer to a static.
    SSL_METHOD;
    /// A cipher suite (`struct ssl_cipher_st`); only ever a pointer to a static.
    SSL_CIPHER;
    /// State of configuration commands (`struct ssl_conf_ctx_st`).
    SSL_CONF_CTX;
    /// `LHASH_OF(SSL_SESSION)`; none is ever made.
    lhash_st_SSL_SESSION;
    /// `struct ssl_comp_st`; none is ever made.
    SSL_COMP;
    /// `SRTP_PROTECTION_PROFILE`; none is ever made.
    SRTP_PROTECTION_PROFILE;
    /// `TLS_SESSION_TICKET_EXT`; passed through only.
    TLS_SESSION_TICKET_EXT;
    /// DANE state of a connection (`struct ssl_dane_st`); none is ever made.
    SSL_DANE;
    /// `STACK_OF(SSL_CIPHER)`, a stack of libcrypto.
    stack_st_SSL_CIPHER;
    /// `STACK_OF(SSL_COMP)`, a stack of libcrypto.
    stack_st_SSL_COMP;
    /// `STACK_OF(SRTP_PROTECTION_PROFILE)`; none is ever made.
    stack_st_SRTP_PROTECTION_PROFILE;
    /// `STACK_OF(SCT)`; none is ever made.
    stack_st_SCT;
    /// libcrypto's input of a certificate transparency policy.
    CT_POLICY_EVAL_CTX;
    /// libcrypto's network address.
    BIO_ADDR;
    /// `OSSL_DISPATCH`: a function number and a function.
    OSSL_DISPATCH;
    /// A table for OpenSSL's own tests; none is ever made.
    openssl_ssl_test_functions;
}
