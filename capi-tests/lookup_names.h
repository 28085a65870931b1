/* The names of libssl that known programs look up at run time. */
#ifndef LOOKUP_NAMES_H
#define LOOKUP_NAMES_H

/* .NET's System.Security.Cryptography.Native, but for SSL_set_retry_verify, which it can do without: OpenSSL has a macro */
#define NAMES_DOTNET(X) \
    X(SSL_CIPHER_find) X(SSL_CIPHER_get_bits) X(SSL_CIPHER_get_id) X(SSL_CIPHER_get_name) X(SSL_CIPHER_get_version) \
    X(SSL_CTX_callback_ctrl) X(SSL_CTX_check_private_key) X(SSL_CTX_config) X(SSL_CTX_ctrl) X(SSL_CTX_free) \
    X(SSL_CTX_get_ex_data) X(SSL_CTX_new) X(SSL_CTX_remove_session) X(SSL_CTX_sess_set_new_cb) \
    X(SSL_CTX_sess_set_remove_cb) X(SSL_CTX_set_alpn_protos) X(SSL_CTX_set_alpn_select_cb) \
    X(SSL_CTX_set_cert_verify_callback) X(SSL_CTX_set_cipher_list) X(SSL_CTX_set_ciphersuites) \
    X(SSL_CTX_set_client_cert_cb) X(SSL_CTX_set_ex_data) X(SSL_CTX_set_keylog_callback) X(SSL_CTX_set_options) \
    X(SSL_CTX_set_quiet_shutdown) X(SSL_CTX_set_security_level) X(SSL_CTX_set_session_id_context) \
    X(SSL_CTX_set_verify) X(SSL_CTX_use_PrivateKey) X(SSL_CTX_use_certificate) X(SSL_SESSION_free) \
    X(SSL_SESSION_get0_hostname) X(SSL_SESSION_get_ex_data) X(SSL_SESSION_set1_hostname) X(SSL_SESSION_set_ex_data) \
    X(SSL_add_client_CA) X(SSL_ctrl) X(SSL_do_handshake) X(SSL_free) X(SSL_get0_alpn_selected) \
    X(SSL_get1_peer_certificate) X(SSL_get_SSL_CTX) X(SSL_get_certificate) X(SSL_get_ciphers) \
    X(SSL_get_client_CA_list) X(SSL_get_current_cipher) X(SSL_get_error) X(SSL_get_ex_data) \
    X(SSL_get_ex_data_X509_STORE_CTX_idx) X(SSL_get_finished) X(SSL_get_peer_cert_chain) X(SSL_get_peer_finished) \
    X(SSL_get_pending_cipher) X(SSL_get_servername) X(SSL_get_session) X(SSL_get_sigalgs) X(SSL_get_version) \
    X(SSL_is_init_finished) X(SSL_new) X(SSL_peek) X(SSL_read) X(SSL_renegotiate) X(SSL_renegotiate_pending) \
    X(SSL_session_reused) X(SSL_set_accept_state) X(SSL_set_alpn_protos) X(SSL_set_bio) X(SSL_set_cert_cb) \
    X(SSL_set_cipher_list) X(SSL_set_ciphersuites) X(SSL_set_connect_state) X(SSL_set_ex_data) X(SSL_set_options) \
    X(SSL_set_post_handshake_auth) X(SSL_set_quiet_shutdown) X(SSL_set_session) \
    X(SSL_set_verify) X(SSL_shutdown) X(SSL_use_PrivateKey) X(SSL_use_certificate) \
    X(SSL_verify_client_post_handshake) X(SSL_version) X(SSL_write) X(TLS_method)

/* Qt 5 and Qt 6 */
#define NAMES_QT(X) \
    X(DTLS_client_method) X(DTLS_server_method) X(DTLSv1_listen) X(OPENSSL_init_ssl) X(SSL_CIPHER_description) \
    X(SSL_CIPHER_get_bits) X(SSL_CONF_CTX_finish) X(SSL_CONF_CTX_free) X(SSL_CONF_CTX_new) X(SSL_CONF_CTX_set_flags) \
    X(SSL_CONF_CTX_set_ssl_ctx) X(SSL_CONF_cmd) X(SSL_CTX_callback_ctrl) X(SSL_CTX_check_private_key) \
    X(SSL_CTX_ctrl) X(SSL_CTX_free) X(SSL_CTX_get_cert_store) X(SSL_CTX_get_security_level) \
    X(SSL_CTX_load_verify_dir) X(SSL_CTX_new) X(SSL_CTX_sess_set_new_cb) X(SSL_CTX_set_alpn_select_cb) \
    X(SSL_CTX_set_cipher_list) X(SSL_CTX_set_ciphersuites) X(SSL_CTX_set_cookie_generate_cb) \
    X(SSL_CTX_set_cookie_verify_cb) X(SSL_CTX_set_default_verify_paths) X(SSL_CTX_set_next_proto_select_cb) \
    X(SSL_CTX_set_options) X(SSL_CTX_set_security_level) X(SSL_CTX_set_verify) X(SSL_CTX_set_verify_depth) \
    X(SSL_CTX_use_PrivateKey) X(SSL_CTX_use_PrivateKey_file) X(SSL_CTX_use_RSAPrivateKey) X(SSL_CTX_use_certificate) \
    X(SSL_CTX_use_certificate_file) X(SSL_CTX_use_psk_identity_hint) X(SSL_SESSION_free) \
    X(SSL_SESSION_get_master_key) X(SSL_SESSION_get_ticket_lifetime_hint) X(SSL_SESSION_is_resumable) X(SSL_accept) \
    X(SSL_alert_desc_string_long) X(SSL_alert_type_string) X(SSL_clear) X(SSL_connect) X(SSL_ctrl) X(SSL_free) \
    X(SSL_get0_alpn_selected) X(SSL_get0_next_proto_negotiated) X(SSL_get1_peer_certificate) X(SSL_get1_session) \
    X(SSL_get_SSL_CTX) X(SSL_get_ciphers) X(SSL_get_client_random) X(SSL_get_current_cipher) X(SSL_get_error) \
    X(SSL_get_ex_data) X(SSL_get_ex_data_X509_STORE_CTX_idx) X(SSL_get_peer_cert_chain) X(SSL_get_rbio) \
    X(SSL_get_session) X(SSL_get_shutdown) X(SSL_get_verify_result) X(SSL_in_init) X(SSL_new) X(SSL_read) \
    X(SSL_select_next_proto) X(SSL_session_reused) X(SSL_set_accept_state) X(SSL_set_alpn_protos) X(SSL_set_bio) \
    X(SSL_set_connect_state) X(SSL_set_ex_data) X(SSL_set_info_callback) X(SSL_set_options) \
    X(SSL_set_psk_client_callback) X(SSL_set_psk_server_callback) X(SSL_set_psk_use_session_callback) \
    X(SSL_set_session) X(SSL_shutdown) X(SSL_write) X(TLS_method) X(d2i_SSL_SESSION) X(i2d_SSL_SESSION)

/* Python's oscrypto, by ctypes */
#define NAMES_CTYPES(X) \
    X(SSL_CTX_ctrl) X(SSL_CTX_free) X(SSL_CTX_get_cert_store) X(SSL_CTX_load_verify_locations) X(SSL_CTX_new) \
    X(SSL_CTX_set_cipher_list) X(SSL_CTX_set_default_verify_paths) X(SSL_CTX_set_timeout) X(SSL_CTX_set_verify) \
    X(SSL_SESSION_free) X(SSL_ctrl) X(SSL_do_handshake) X(SSL_free) X(SSL_get1_session) X(SSL_get_error) \
    X(SSL_get_peer_cert_chain) X(SSL_get_verify_result) X(SSL_get_version) X(SSL_new) X(SSL_pending) X(SSL_read) \
    X(SSL_set_bio) X(SSL_set_connect_state) X(SSL_set_session) X(SSL_shutdown) X(SSL_write) X(TLS_method)

/* cl+ssl, cqrlog, CivetWeb, Nim, Racket, radosgw, transgui */
#define NAMES_OTHERS(X) \
    X(OPENSSL_init_ssl) X(SSL_CIPHER_get_bits) X(SSL_CIPHER_get_name) X(SSL_CTX_callback_ctrl) \
    X(SSL_CTX_check_private_key) X(SSL_CTX_ctrl) X(SSL_CTX_free) X(SSL_CTX_get_ex_data) \
    X(SSL_CTX_get_security_level) X(SSL_CTX_load_verify_locations) X(SSL_CTX_new) X(SSL_CTX_set_alpn_protos) \
    X(SSL_CTX_set_alpn_select_cb) X(SSL_CTX_set_cipher_list) X(SSL_CTX_set_ciphersuites) \
    X(SSL_CTX_set_client_CA_list) X(SSL_CTX_set_default_passwd_cb) X(SSL_CTX_set_default_passwd_cb_userdata) \
    X(SSL_CTX_set_default_verify_dir) X(SSL_CTX_set_default_verify_file) X(SSL_CTX_set_default_verify_paths) \
    X(SSL_CTX_set_ex_data) X(SSL_CTX_set_info_callback) X(SSL_CTX_set_next_protos_advertised_cb) \
    X(SSL_CTX_set_options) X(SSL_CTX_set_psk_client_callback) X(SSL_CTX_set_psk_server_callback) \
    X(SSL_CTX_set_security_level) X(SSL_CTX_set_session_id_context) X(SSL_CTX_set_timeout) X(SSL_CTX_set_verify) \
    X(SSL_CTX_set_verify_depth) X(SSL_CTX_use_PrivateKey) X(SSL_CTX_use_PrivateKey_ASN1) \
    X(SSL_CTX_use_PrivateKey_file) X(SSL_CTX_use_RSAPrivateKey_file) X(SSL_CTX_use_certificate) \
    X(SSL_CTX_use_certificate_ASN1) X(SSL_CTX_use_certificate_chain_file) X(SSL_CTX_use_certificate_file) \
    X(SSL_CTX_use_psk_identity_hint) X(SSL_accept) X(SSL_connect) X(SSL_ctrl) X(SSL_do_handshake) \
    X(SSL_export_keying_material) X(SSL_free) X(SSL_get0_alpn_selected) X(SSL_get0_param) X(SSL_get0_verified_chain) \
    X(SSL_get1_peer_certificate) X(SSL_get_SSL_CTX) X(SSL_get_certificate) X(SSL_get_current_cipher) \
    X(SSL_get_error) X(SSL_get_ex_data) X(SSL_get_fd) X(SSL_get_finished) X(SSL_get_peer_finished) \
    X(SSL_get_psk_identity) X(SSL_get_servername) X(SSL_get_shutdown) X(SSL_get_verify_mode) \
    X(SSL_get_verify_result) X(SSL_get_version) X(SSL_in_init) X(SSL_load_client_CA_file) X(SSL_new) X(SSL_peek) \
    X(SSL_pending) X(SSL_read) X(SSL_renegotiate) X(SSL_renegotiate_pending) X(SSL_set1_host) X(SSL_set_SSL_CTX) \
    X(SSL_set_accept_state) X(SSL_set_alpn_protos) X(SSL_set_bio) X(SSL_set_cipher_list) X(SSL_set_connect_state) \
    X(SSL_set_ex_data) X(SSL_set_fd) X(SSL_set_hostflags) X(SSL_set_session_id_context) X(SSL_set_shutdown) \
    X(SSL_set_verify) X(SSL_shutdown) X(SSL_use_PrivateKey_file) X(SSL_use_RSAPrivateKey_file) \
    X(SSL_use_certificate_file) X(SSL_version) X(SSL_write) X(TLS_client_method) X(TLS_method) X(TLS_server_method) \
    X(TLSv1_1_client_method) X(TLSv1_1_method) X(TLSv1_1_server_method) X(TLSv1_2_client_method) X(TLSv1_2_method) \
    X(TLSv1_2_server_method) X(TLSv1_client_method) X(TLSv1_method) X(TLSv1_server_method)

#endif
