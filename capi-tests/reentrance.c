/*
 * Callbacks that use the library: getters and setters on the connection they are called for, a second connection inside
 * the first, the last of the program's counts given up, calls of the very operation that is under way.
 *
 * OpenSSL leaves most of that undefined; what must hold here is that nothing breaks, that a handshake which can go on does
 * go on, and that every object is freed once. `hostile` parts run on ours alone, and print nothing but what must hold.
 */
#include "call.h"

/* ---- everything that can be asked ---- */

static void ask(const SSL *ssl)
{
    unsigned char bytes[64];
    const unsigned char *alpn;
    unsigned len;
    X509 *peer = SSL_get1_peer_certificate(ssl);

    X509_free(peer);
    (void)SSL_get_version(ssl);
    (void)SSL_get_current_cipher(ssl);
    (void)SSL_get_pending_cipher(ssl);
    (void)SSL_get_peer_cert_chain(ssl);
    (void)SSL_get0_verified_chain(ssl);
    (void)SSL_get_session(ssl);
    (void)SSL_session_reused(ssl);
    (void)SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    SSL_get0_alpn_selected(ssl, &alpn, &len);
    (void)SSL_get_finished(ssl, bytes, sizeof bytes);
    (void)SSL_get_peer_finished(ssl, bytes, sizeof bytes);
    (void)SSL_get_client_random(ssl, bytes, sizeof bytes);
    (void)SSL_get_verify_result(ssl);
    (void)SSL_get_error(ssl, -1);
    (void)SSL_want(ssl);
    (void)SSL_pending(ssl);
    (void)SSL_has_pending(ssl);
    (void)SSL_get_state(ssl);
    (void)SSL_state_string_long(ssl);
    (void)SSL_rstate_string(ssl);
    (void)SSL_get_shutdown(ssl);
    (void)SSL_get_rbio(ssl);
    (void)SSL_get_certificate(ssl);
    (void)SSL_get_privatekey(ssl);
    (void)SSL_get_ciphers(ssl);
    (void)SSL_get_client_CA_list(ssl);
    sk_SSL_CIPHER_free(SSL_get1_supported_ciphers((SSL *)(uintptr_t)ssl));
    (void)SSL_get_options(ssl);
    (void)SSL_get_SSL_CTX(ssl);
    (void)SSL_get_shared_curve((SSL *)(uintptr_t)ssl, 0);
    /* OpenSSL looks at the session without asking whether there is one */
    if (SSL_get_session(ssl) != NULL)
        (void)SSL_get_negotiated_group((SSL *)(uintptr_t)ssl);
}

/* ---- settings while the handshake runs: they stay as they are, so that nothing may fail ---- */

static void set(SSL *ssl)
{
    SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);

    SSL_set_options(ssl, SSL_OP_NO_COMPRESSION);
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    SSL_set_verify_depth(ssl, 10);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_timeout(ctx, 300);
    SSL_CTX_sess_set_cache_size(ctx, 100);
    SSL_CTX_flush_sessions(ctx, 1);
    SSL_set_ex_data(ssl, 0, ssl);
    SSL_CTX_set_ex_data(ctx, 0, ctx);
}

/* ---- the callbacks ---- */

static void (*on_callback)(SSL *ssl, const char *which);
static int called[12];

enum which { INFO, MESSAGE, VERIFY, ALPN, NAME, HELLO, CERTIFICATE, NEW_SESSION, KEY_LOG, STORE, REMOVED, STATUS };
static const char *const names[] = { "info", "message", "verify", "alpn", "server name", "client hello", "certificate",
                                     "new session", "key log", "store", "removed session", "status" };

static void happens(enum which which, SSL *ssl)
{
    called[which]++;
    if (on_callback != NULL && ssl != NULL)
        on_callback(ssl, names[which]);
}

static void info(const SSL *ssl, int where, int ret)
{
    (void)where, (void)ret;
    happens(INFO, (SSL *)(uintptr_t)ssl);
}

static void message(int written, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
    (void)written, (void)version, (void)type, (void)data, (void)len, (void)arg;
    happens(MESSAGE, ssl);
}

static int verify(int ok, X509_STORE_CTX *store)
{
    happens(VERIFY, X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return ok;
}

static int alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned len, void *arg)
{
    (void)len, (void)arg;
    happens(ALPN, ssl);
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static int server_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    happens(NAME, ssl);
    return SSL_TLSEXT_ERR_OK;
}

static int client_hello(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    happens(HELLO, ssl);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int certificate(SSL *ssl, void *arg)
{
    (void)arg;
    happens(CERTIFICATE, ssl);
    return 1;
}

static int new_session(SSL *ssl, SSL_SESSION *session)
{
    (void)session;
    happens(NEW_SESSION, ssl);
    return 0;
}

static void key_log(const SSL *ssl, const char *line)
{
    (void)line;
    happens(KEY_LOG, (SSL *)(uintptr_t)ssl);
}

static void removed(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)session;
    called[REMOVED]++;
    /* asks the cache that it is called from */
    (void)SSL_CTX_sess_number(ctx);
    SSL_CTX_flush_sessions(ctx, 1);
}

static struct contexts watched(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);

    for (int i = 0; i < 2; i++) {
        SSL_CTX *one = i == 0 ? ctx.client : ctx.server;

        SSL_CTX_set_info_callback(one, info);
        SSL_CTX_set_msg_callback(one, message);
        SSL_CTX_set_keylog_callback(one, key_log);
        SSL_CTX_sess_set_new_cb(one, new_session);
        SSL_CTX_sess_set_remove_cb(one, removed);
        SSL_CTX_set_session_cache_mode(one, SSL_SESS_CACHE_BOTH);
        SSL_CTX_set_cert_cb(one, certificate, NULL);
    }
    SSL_CTX_load_verify_locations(ctx.server, pki("ca.pem"), NULL);
    SSL_CTX_set_session_id_context(ctx.server, (const unsigned char *)"s", 1);
    SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM);
    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, verify);
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER, verify);
    SSL_CTX_set_alpn_protos(ctx.client, (const unsigned char *)"\x02h2", 3);
    SSL_CTX_set_alpn_select_cb(ctx.server, alpn, NULL);
    SSL_CTX_set_tlsext_servername_callback(ctx.server, server_name);
    SSL_CTX_set_client_hello_cb(ctx.server, client_hello, NULL);
    memset(called, 0, sizeof called);
    return ctx;
}

static void show_called(void)
{
    printf("called:");
    for (size_t i = 0; i < sizeof called / sizeof *called; i++)
        if (called[i] > 0)
            printf(" %s,", names[i]);
    printf("\n");
}

/* A connection with data both ways and a goodbye; what of it worked. */
static int whole(struct contexts *ctx)
{
    SSL *client, *server;
    int ok;

    pair_new(&client, &server, ctx->client, ctx->server);
    SSL_set_tlsext_host_name(client, "localhost");
    ok = pair_handshake(client, server).ok && pair_transfer(client, server, "ping", 4) && pair_transfer(server, client, "pong", 4);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    ERR_clear_error();
    return ok;
}

/* ---- what callbacks may do ---- */

static void asks(SSL *ssl, const char *which)
{
    (void)which;
    ask(ssl);
}

static void sets(SSL *ssl, const char *which)
{
    (void)which;
    ask(ssl);
    set(ssl);
}

static int depth, inner;

/* Another connection, inside a callback of the first. */
static void connects(SSL *ssl, const char *which)
{
    static struct contexts ctx;

    (void)ssl, (void)which;
    if (depth > 0)
        return;
    depth++;
    ctx = contexts_new("rsa", 0);
    inner += whole(&ctx);
    contexts_free(&ctx);
    depth--;
}

static SSL_CTX *given_up;

/* The program's count of the context is given up where it is used. */
static void gives_up(SSL *ssl, const char *which)
{
    (void)ssl, (void)which;
    SSL_CTX_free(given_up);
    given_up = NULL;
}

static SSL *another;

static void frees_another(SSL *ssl, const char *which)
{
    (void)ssl, (void)which;
    SSL_free(another);
    another = NULL;
}

static SSL *counted;

/* One of two counts of the connection itself. */
static void frees_one_count(SSL *ssl, const char *which)
{
    (void)which;
    if (ssl == counted) {
        counted = NULL;
        SSL_free(ssl);
    }
}

static void well_behaved(int version)
{
    struct contexts ctx = watched(version);
    SSL *client, *server;

    on_callback = asks;
    SHOW(whole(&ctx));
    on_callback = sets;
    SHOW(whole(&ctx));
    on_callback = connects;
    inner = 0;
    SHOW(whole(&ctx));
    SHOW(inner > 4);
    show_called();

    on_callback = frees_another;
    another = SSL_new(ctx.server);
    SHOW(whole(&ctx));
    SHOW_PTR(another);

    on_callback = frees_one_count;
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_up_ref(server);
    counted = server;
    SHOW(pair_handshake(client, server).ok);
    SHOW_PTR(counted);
    pair_free(client, server);

    on_callback = gives_up;
    pair_new(&client, &server, ctx.client, ctx.server);
    given_up = ctx.server;
    SHOW(pair_handshake(client, server).ok && pair_transfer(client, server, "ping", 4));
    SHOW_PTR(given_up);
    pair_free(client, server);
    on_callback = NULL;
    SSL_CTX_free(ctx.client);
    ERR_clear_error();
}

/* ---- hostile ---- */

static int nested;

/* Every operation on the very connection. */
static void operates(SSL *ssl, const char *which)
{
    char buf[16];

    (void)which;
    if (nested > 2)
        return;
    nested++;
    (void)SSL_do_handshake(ssl);
    (void)SSL_read(ssl, buf, sizeof buf);
    (void)SSL_write(ssl, "data", 4);
    (void)SSL_peek(ssl, buf, sizeof buf);
    (void)SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    (void)SSL_renegotiate(ssl);
    (void)SSL_has_pending(ssl);
    SSL_free(SSL_dup(ssl));
    ERR_clear_error();
    nested--;
}

static int countdown;

/* The connection is cleared, or turned round, or has its BIOs taken away. */
static void upsets(SSL *ssl, const char *which)
{
    (void)which;
    if (countdown-- != 0)
        return;
    switch (nested % 7) {
    case 0:
        SSL_clear(ssl);
        break;
    case 1:
        SSL_set_accept_state(ssl);
        break;
    case 2:
        SSL_set_connect_state(ssl);
        break;
    case 3:
        SSL_set_bio(ssl, NULL, NULL);
        break;
    case 4:
        SSL_shutdown(ssl);
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        break;
    case 5:
        SSL_set_session(ssl, NULL);
        SSL_CTX_flush_sessions(SSL_get_SSL_CTX(ssl), 0);
        SSL_set_cipher_list(ssl, "ECDHE-RSA-AES256-GCM-SHA384");
        SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
        SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
        SSL_certs_clear(ssl);
        break;
    case 6:
        SSL_set_SSL_CTX(ssl, NULL);
        SSL_set_ssl_method(ssl, TLS_method());
        SSL_set1_groups_list(ssl, "P-521");
        SSL_set_alpn_protos(ssl, NULL, 0);
        SSL_set_tlsext_host_name(ssl, NULL);
        break;
    }
}

static SSL *freed_inside;

/* The last count of the connection itself. */
static void frees_itself(SSL *ssl, const char *which)
{
    (void)which;
    if (ssl == freed_inside && countdown-- == 0) {
        freed_inside = NULL;
        SSL_free(ssl);
    }
}

static void hostile(int version)
{
    struct contexts ctx = watched(version);
    int step = getenv("CAPI_SHORT") != NULL ? 5 : 1, freed = 0;
    SSL *client, *server;

    on_callback = operates;
    nested = 0;
    (void)whole(&ctx);
    on_callback = upsets;
    for (nested = 0; nested < 7; nested++) {
        for (int at = 0; at < 24; at += step) {
            countdown = at;
            (void)whole(&ctx);
        }
    }
    on_callback = frees_itself;
    for (int at = 0; at < 20; at += step) {
        for (int is_server = 0; is_server < 2; is_server++) {
            pair_new(&client, &server, ctx.client, ctx.server);
            freed_inside = is_server ? server : client;
            countdown = at;
            for (int turn = 0; turn < 4 && freed_inside != NULL; turn++) {
                SSL_do_handshake(client);
                if (freed_inside != NULL)
                    SSL_do_handshake(server);
            }
            freed += freed_inside == NULL;
            on_callback = NULL;
            if (is_server) {
                SSL_free(freed_inside);
                SSL_free(client);
            } else {
                SSL_free(freed_inside);
                SSL_free(server);
            }
            on_callback = frees_itself;
            ERR_clear_error();
        }
    }
    CHECK(freed > 4);
    on_callback = NULL;
    /* the contexts are as good as before */
    CHECK(whole(&ctx));
    contexts_free(&ctx);
}

static void in_ours(int version)
{
    if (check_on_reference()) {
        printf("PASS freed > 4\nPASS whole(&ctx)\n");
        return;
    }
    hostile(version);
}

int main(void)
{
    in_both_versions("callbacks that use the library", well_behaved);
    in_both_versions("hostile callbacks", in_ours);
    return 0;
}
