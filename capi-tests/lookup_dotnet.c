/*
 * TLS as .NET does it: all functions come from dlsym, records go through memory BIOs, and each side has a callback for
 * the certificate, for ALPN, for sessions and for the key log.
 */
#include "call.h"
#include "load.h"
#include "lookup_names.h"

#include <dlfcn.h>

/* Every function that .NET looks up, by its name. */
#define MEMBER(name) __typeof__(&name) name;
static struct { NAMES_DOTNET(MEMBER) } net;

static void look_up(void)
{
    void *library = dlopen("libssl.so.3", RTLD_LAZY);

    if (library == NULL)
        check_give_up("dlopen");
#define LOOK_UP(name)                                               \
    if ((*(void **)&net.name = dlsym(library, #name)) == NULL)      \
        check_give_up(#name);
    NAMES_DOTNET(LOOK_UP)
}

/* ---- start: is there a list of ciphers in openssl.cnf? ---- */

static void start(void)
{
    SSL_CTX *all = net.SSL_CTX_new(net.TLS_method()), *configured = net.SSL_CTX_new(net.TLS_method());
    SSL *ssl;

    SECTION("start");
    SHOW(net.SSL_CTX_set_cipher_list(all, "ALL"));
    SHOW(net.SSL_CTX_config(configured, "system_default"));
    SHOW_ERR();
    ssl = net.SSL_new(configured);
    SHOW(sk_SSL_CIPHER_num(net.SSL_get_ciphers(ssl)) > 0);
    net.SSL_free(ssl);
    net.SSL_CTX_free(configured);
    net.SSL_CTX_free(all);
}

/* ---- callbacks ---- */

static int new_sessions, removed_sessions, key_lines, verified, asked_alpn, asked_certificate;
static SSL_SESSION *kept;

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    SSL_CTX *ctx = net.SSL_get_SSL_CTX(ssl);

    new_sessions++;
    CHECK(net.SSL_CTX_get_ex_data(ctx, 0) == &kept);
    SHOW(net.SSL_SESSION_set_ex_data(session, 0, ssl));
    CHECK(net.SSL_SESSION_get_ex_data(session, 0) == ssl);
    SHOW(net.SSL_SESSION_set1_hostname(session, "kept for localhost"));
    net.SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static void on_removed_session(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)session;
    removed_sessions++;
    (void)net.SSL_CTX_get_ex_data(ctx, 0);
}

static void on_key(const SSL *ssl, const char *line)
{
    (void)ssl;
    key_lines += strchr(line, ' ') != NULL;
}

/* The verdict is the application's: a chain that it looks at later is taken here. */
static int on_verify(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, net.SSL_get_ex_data_X509_STORE_CTX_idx());

    verified++;
    CHECK(arg == &verified);
    CHECK(net.SSL_get_ex_data(ssl, 0) == &net);
    SHOW(sk_X509_num(X509_STORE_CTX_get0_untrusted(store)));
    return 1;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    asked_alpn++;
    CHECK(arg == &asked_alpn);
    printf("server name %s\n", net.SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    return SSL_select_next_proto((unsigned char **)(uintptr_t)out, outlen, (const unsigned char *)"\x02h2", 3, in, inlen)
            == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static X509 *own_certificate;
static EVP_PKEY *own_key;

/* The certificate is chosen when it is asked for; .NET waits with SSL_ERROR_WANT_X509_LOOKUP for its managed code. */
static int on_client_certificate(SSL *ssl, void *arg)
{
    (void)arg;
    if (asked_certificate++ == 0)
        return -1;
    SHOW(sk_X509_NAME_num(net.SSL_get_client_CA_list(ssl)));
    SHOW(net.SSL_use_certificate(ssl, own_certificate));
    SHOW(net.SSL_use_PrivateKey(ssl, own_key));
    CHECK(net.SSL_get_certificate(ssl) == own_certificate);
    return 1;
}

/* ---- contexts and sides ---- */

static SSL_CTX *context(int version)
{
    SSL_CTX *ctx = net.SSL_CTX_new(net.TLS_method());

    if (ctx == NULL)
        check_give_up("SSL_CTX_new");
    net.SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
    SHOW(net.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL));
    SHOW(net.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MAX_PROTO_VERSION, version, NULL));
    net.SSL_CTX_set_security_level(ctx, 2);
    SHOW(net.SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"));
    SHOW(net.SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384"));
    SHOW(net.SSL_CTX_set_ex_data(ctx, 0, &kept));
    net.SSL_CTX_set_keylog_callback(ctx, on_key);
    net.SSL_CTX_set_quiet_shutdown(ctx, 0);
    return ctx;
}

/* The cache of client sessions, as .NET switches it on for a host. */
static void cache_sessions(SSL_CTX *ctx)
{
    SHOW(net.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_BOTH | SSL_SESS_CACHE_NO_AUTO_CLEAR
                          | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP | SSL_SESS_CACHE_NO_INTERNAL_STORE, NULL));
    SHOW(net.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_SIZE, 50, NULL));
    SHOW(net.SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"context", 7));
    net.SSL_CTX_sess_set_new_cb(ctx, on_new_session);
    net.SSL_CTX_sess_set_remove_cb(ctx, on_removed_session);
}

static SSL *side(SSL_CTX *ctx, int server)
{
    SSL *ssl = net.SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

    if (ssl == NULL || in == NULL || out == NULL)
        check_give_up("SSL_new");
    BIO_ctrl(in, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, NULL);
    net.SSL_set_bio(ssl, in, out);
    net.SSL_set_ex_data(ssl, 0, &net);
    net.SSL_set_options(ssl, SSL_OP_NO_COMPRESSION);
    if (server)
        net.SSL_set_accept_state(ssl);
    else
        net.SSL_set_connect_state(ssl);
    return ssl;
}

/* Carries what one side has written to the other; the number of bytes. */
static int carry(SSL *from, SSL *to)
{
    char bytes[4096];
    int n, all = 0;

    while ((n = BIO_read(SSL_get_wbio(from), bytes, sizeof bytes)) > 0) {
        BIO_write(SSL_get_rbio(to), bytes, n);
        all += n;
    }
    return all;
}

static const char *outcome(SSL *ssl, int ret)
{
    return ret == 1 ? "done" : call_error_name(net.SSL_get_error(ssl, ret));
}

/* Handshake in turns, with what each call answers. */
static void shake_hands(SSL *client, SSL *server)
{
    for (int turn = 0; turn < 10; turn++) {
        int moved, ret[2];

        ERR_clear_error();
        ret[0] = net.SSL_is_init_finished(client) ? 1 : net.SSL_do_handshake(client);
        printf("client %s\n", outcome(client, ret[0]));
        moved = carry(client, server);
        ERR_clear_error();
        ret[1] = net.SSL_is_init_finished(server) ? 1 : net.SSL_do_handshake(server);
        printf("server %s\n", outcome(server, ret[1]));
        moved += carry(server, client);
        if (moved == 0 && net.SSL_get_error(client, ret[0]) != SSL_ERROR_WANT_X509_LOOKUP)
            break;
    }
    SHOW_ERR();
}

/* ---- what is asked of an open connection ---- */

static void show_side(SSL *ssl)
{
    const SSL_CIPHER *cipher = net.SSL_get_current_cipher(ssl);
    const unsigned char *protocol = NULL, number[2] = { 0xc0, 0x2b };
    unsigned len = 0;
    X509 *peer = net.SSL_get1_peer_certificate(ssl);
    unsigned char ours[64], theirs[64];

    SHOW_STR(net.SSL_get_version(ssl));
    SHOW(net.SSL_version(ssl));
    CHECK(net.SSL_get_pending_cipher(ssl) == cipher);
    printf("cipher %s %#x %d bits %s\n", net.SSL_CIPHER_get_name(cipher), net.SSL_CIPHER_get_id(cipher),
           net.SSL_CIPHER_get_bits(cipher, NULL), net.SSL_CIPHER_get_version(cipher));
    SHOW_STR(net.SSL_CIPHER_get_name(net.SSL_CIPHER_find(ssl, number)));
    net.SSL_get0_alpn_selected(ssl, &protocol, &len);
    SHOW_HEX("protocol", protocol, len);
    SHOW_PTR(peer);
    X509_free(peer);
    SHOW(sk_X509_num(net.SSL_get_peer_cert_chain(ssl)));
    SHOW(net.SSL_session_reused(ssl));
    SHOW(net.SSL_get_finished(ssl, ours, sizeof ours));
    SHOW(net.SSL_get_peer_finished(ssl, theirs, sizeof theirs));
    printf("%s\n", SSL_is_server(ssl) ? "server" : "client");
    SHOW(net.SSL_get_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL) > 0);
}

static void exchange(SSL *client, SSL *server)
{
    unsigned char client_finished[64], seen[64];
    char buf[32] = "";
    size_t len = net.SSL_get_finished(client, client_finished, sizeof client_finished);

    CHECK(len == net.SSL_get_peer_finished(server, seen, sizeof seen) && memcmp(client_finished, seen, len) == 0);
    SHOW(net.SSL_write(client, "ping", 4));
    carry(client, server);
    SHOW(net.SSL_peek(server, buf, sizeof buf));
    SHOW(net.SSL_read(server, buf, sizeof buf));
    SHOW_STR(buf);
    SHOW(net.SSL_write(server, "pong", 4));
    carry(server, client);
    CALL(client, net.SSL_read(client, buf, sizeof buf));
    SHOW_STR(buf);
}

static void goodbye(SSL *client, SSL *server)
{
    char buf[8];

    SHOW(net.SSL_shutdown(client));
    carry(client, server);
    CALL(server, net.SSL_read(server, buf, sizeof buf));
    SHOW(net.SSL_shutdown(server));
    carry(server, client);
    CALL(client, net.SSL_read(client, buf, sizeof buf));
    SHOW(net.SSL_shutdown(client));
}

/* ---- the whole way ---- */

static SSL *client_side(SSL_CTX *ctx)
{
    SSL *ssl = side(ctx, 0);

    SHOW(net.SSL_set_alpn_protos(ssl, (const unsigned char *)"\x02h2\x08http/1.1", 12));
    SHOW(net.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)"localhost"));
    SHOW(net.SSL_ctrl(ssl, SSL_CTRL_SET_SIGALGS_LIST, 0, (void *)(uintptr_t)"ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256"));
    if (kept != NULL)
        SHOW(net.SSL_set_session(ssl, kept));
    return ssl;
}

static SSL *server_side(SSL_CTX *ctx, X509 *ca)
{
    SSL *ssl = side(ctx, 1);

    SHOW(net.SSL_add_client_CA(ssl, ca));
    net.SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    net.SSL_set_quiet_shutdown(ssl, 0);
    return ssl;
}

static SSL_CTX *server_context(int version, X509 *certificate, EVP_PKEY *key)
{
    SSL_CTX *ctx = context(version);

    SHOW(net.SSL_CTX_use_certificate(ctx, certificate));
    SHOW(net.SSL_CTX_use_PrivateKey(ctx, key));
    SHOW(net.SSL_CTX_check_private_key(ctx));
    net.SSL_CTX_set_alpn_select_cb(ctx, on_alpn, &asked_alpn);
    net.SSL_CTX_set_cert_verify_callback(ctx, on_verify, &verified);
    SHOW(net.SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"server", 6));
    return ctx;
}

static void show_counts(void)
{
    SHOW(verified);
    SHOW(asked_alpn);
    SHOW(asked_certificate);
    SHOW(key_lines > 0);
    SHOW(new_sessions);
    SHOW(removed_sessions);
    SHOW_STR(kept == NULL ? NULL : net.SSL_SESSION_get0_hostname(kept));
}

static void whole(int version)
{
    X509 *certificate = load_cert("rsa.pem"), *ca = load_cert("ca.pem");
    EVP_PKEY *key = load_key("rsa.key");
    SSL_CTX *client_ctx = context(version), *server_ctx = server_context(version, certificate, key);

    own_certificate = load_cert("client.pem");
    own_key = load_key("client.key");
    new_sessions = removed_sessions = key_lines = verified = asked_alpn = asked_certificate = 0;
    net.SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
    net.SSL_CTX_set_cert_verify_callback(client_ctx, on_verify, &verified);
    cache_sessions(client_ctx);
    for (int round = 0; round < 2; round++) {
        SSL *client = client_side(client_ctx), *server = server_side(server_ctx, ca);

        printf("-- connection %d\n", round);
        net.SSL_set_cert_cb(client, on_client_certificate, NULL);
        shake_hands(client, server);
        show_side(client);
        show_side(server);
        exchange(client, server);
        goodbye(client, server);
        net.SSL_free(client);
        net.SSL_free(server);
        show_counts();
    }
    net.SSL_SESSION_free(kept);
    kept = NULL;
    net.SSL_CTX_free(client_ctx);
    net.SSL_CTX_free(server_ctx);
    SHOW(removed_sessions);
    X509_free(certificate);
    X509_free(ca);
    EVP_PKEY_free(key);
    X509_free(own_certificate);
    EVP_PKEY_free(own_key);
}

/* ---- asking for the client's certificate later ---- */

/* In TLS 1.2 .NET renegotiates, which is switched off here; in TLS 1.3 it asks after the handshake. */
static void later(int version)
{
    X509 *certificate = load_cert("rsa.pem");
    EVP_PKEY *key = load_key("rsa.key");
    SSL_CTX *client_ctx = context(version), *server_ctx = server_context(version, certificate, key);
    SSL *client = client_side(client_ctx), *server = side(server_ctx, 1);

    net.SSL_set_verify(client, SSL_VERIFY_NONE, NULL);
    shake_hands(client, server);
    exchange(client, server);
    net.SSL_set_verify(server, SSL_VERIFY_PEER, NULL);
    if (version == TLS1_3_VERSION) {
        /* the client has not offered it */
        SHOW(net.SSL_verify_client_post_handshake(server));
        SHOW_ERR();
    } else {
        SHOW(net.SSL_renegotiate(server));
        SHOW_ERR();
    }
    SHOW(net.SSL_renegotiate_pending(server));
    exchange(client, server);
    net.SSL_free(client);
    net.SSL_free(server);
    net.SSL_CTX_free(client_ctx);
    net.SSL_CTX_free(server_ctx);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* ---- policies ---- */

/* Ciphers and versions that leave nothing in common. */
static void nothing_shared(void)
{
    X509 *certificate = load_cert("ecdsa.pem");
    EVP_PKEY *key = load_key("ecdsa.key");
    SSL_CTX *client_ctx = context(TLS1_2_VERSION), *server_ctx = server_context(TLS1_2_VERSION, certificate, key);
    SSL *client = client_side(client_ctx), *server = side(server_ctx, 1);

    SECTION("nothing shared");
    net.SSL_CTX_set_alpn_select_cb(server_ctx, NULL, NULL);
    SHOW(net.SSL_set_cipher_list(client, "ECDHE-ECDSA-AES256-GCM-SHA384"));
    SHOW(net.SSL_set_ciphersuites(client, ""));
    shake_hands(client, server);
    net.SSL_free(client);
    net.SSL_free(server);
    net.SSL_CTX_free(client_ctx);
    net.SSL_CTX_free(server_ctx);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

int main(void)
{
    look_up();
    /* libcrypto cannot copy the data of a session, as for its second ticket, before anybody has asked for an index */
    SHOW(CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_SESSION, 0, NULL, NULL, NULL, NULL) > 0);
    start();
    in_both_versions("with client certificate, twice", whole);
    in_both_versions("client certificate later", later);
    nothing_shared();
    return 0;
}
