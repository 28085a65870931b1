/*
 * Objects that threads share: contexts with settings that change, sessions that all resume and others remove, counts that
 * are given up while other threads hold theirs, application data that is freed once and with its object.
 */
#include "call.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WORKERS = 4 };

static void start(pthread_t *id, void *(*body)(void *), void *arg)
{
    if (pthread_create(id, NULL, body, arg) != 0)
        check_give_up("pthread_create");
}

/* ---- application data: made once, freed once, with the object it belongs to ---- */

static atomic_int made, freed, orphans;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl, void *argp)
{
    (void)ptr, (void)data, (void)idx, (void)argl, (void)argp;
    freed++;
    if (parent == NULL)
        orphans++;
}

static void on_new(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl, void *argp)
{
    (void)ptr, (void)data, (void)idx, (void)argl, (void)argp;
    made++;
    if (parent == NULL)
        orphans++;
}

/* Not counted: a copy of a session is not made by `on_new`. */
static void on_free_session(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl, void *argp)
{
    (void)ptr, (void)data, (void)idx, (void)argl, (void)argp;
    if (parent == NULL)
        orphans++;
    else
        (void)SSL_SESSION_get_time(parent);
}

/* ---- a shared pair of contexts ---- */

static atomic_int told, verified, asked, removed;

static void info(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (where == SSL_CB_HANDSHAKE_DONE)
        told++;
    (void)SSL_state_string_long(ssl);
}

static int verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    verified += SSL_get_verify_mode(ssl) == SSL_VERIFY_PEER;
    return ok;
}

static int alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned len, void *arg)
{
    (void)ssl, (void)arg, (void)len;
    asked++;
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static void on_removed(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx, (void)session;
    removed++;
}

static int keep(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    return 0;
}

static struct contexts shared(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);

    SSL_CTX_set_info_callback(ctx.client, info);
    SSL_CTX_set_info_callback(ctx.server, info);
    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, verify);
    SSL_CTX_set_alpn_protos(ctx.client, (const unsigned char *)"\x02h2", 3);
    SSL_CTX_set_alpn_select_cb(ctx.server, alpn, NULL);
    SSL_CTX_set_session_cache_mode(ctx.client, SSL_SESS_CACHE_BOTH);
    SSL_CTX_set_session_cache_mode(ctx.server, SSL_SESS_CACHE_BOTH);
    SSL_CTX_sess_set_remove_cb(ctx.client, on_removed);
    SSL_CTX_sess_set_remove_cb(ctx.server, on_removed);
    SSL_CTX_sess_set_new_cb(ctx.client, keep);
    return ctx;
}

static int connection(struct contexts *ctx, SSL_SESSION *offered, SSL_SESSION **got)
{
    SSL *client, *server;
    int ok;

    pair_new(&client, &server, ctx->client, ctx->server);
    if (offered != NULL)
        SSL_set_session(client, offered);
    ok = pair_handshake(client, server).ok && pair_transfer(client, server, "ping", 4) && pair_transfer(server, client, "pong", 4);
    if (got != NULL)
        *got = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    ERR_clear_error();
    return ok;
}

/* ---- settings change, sessions go, the store is filled ---- */

static atomic_int stop;

/* What OpenSSL allows on a context that is in use. */
static void *disturbs(void *arg)
{
    struct contexts *ctx = arg;
    X509_STORE *store = SSL_CTX_get_cert_store(ctx->client);
    BIO *file = BIO_new_file(pki("ca.pem"), "r");
    X509 *ca = PEM_read_bio_X509(file, NULL, NULL, NULL);

    BIO_free(file);
    for (int i = 0; !stop; i++) {
        SSL *ssl = SSL_new(i % 2 == 0 ? ctx->client : ctx->server);
        SSL_SESSION *session = SSL_SESSION_new();

        SSL_CTX_up_ref(ctx->client);
        X509_STORE_add_cert(store, ca);
        SSL_SESSION_set1_id(session, (unsigned char *)&i, sizeof i);
        SSL_CTX_add_session(ctx->server, session);
        if (i % 3 == 0)
            SSL_CTX_remove_session(ctx->server, session);
        if (i % 5 == 0)
            SSL_CTX_flush_sessions(ctx->server, i % 10 == 0 ? 0 : 1);
        SSL_SESSION_free(session);
        (void)SSL_CTX_sess_number(ctx->server);
        SSL_free(ssl);
        SSL_CTX_free(ctx->client);
        ERR_clear_error();
    }
    X509_free(ca);
    return NULL;
}

/* What OpenSSL forbids there. The values are those that are set already. */
static void *changes(void *arg)
{
    struct contexts *ctx = arg;
    unsigned char keys[80];

    SSL_CTX_get_tlsext_ticket_keys(ctx->server, keys, sizeof keys);
    for (int i = 0; !stop; i++) {
        SSL_CTX *one = i % 2 == 0 ? ctx->client : ctx->server;

        SSL_CTX_set_options(one, SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_cipher_list(one, i % 4 < 2 ? "DEFAULT" : "ALL");
        SSL_CTX_set_ciphersuites(one, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
        SSL_CTX_set1_groups_list(one, i % 4 < 2 ? "X25519:P-256" : "P-256:X25519");
        SSL_CTX_set_alpn_protos(ctx->client, (const unsigned char *)"\x02h2", 3);
        SSL_CTX_set_alpn_select_cb(ctx->server, alpn, NULL);
        SSL_CTX_set_info_callback(one, info);
        SSL_CTX_set_timeout(one, 300 + i % 2);
        SSL_CTX_sess_set_cache_size(one, 5 + i % 50);
        SSL_CTX_set_tlsext_ticket_keys(ctx->server, keys, sizeof keys);
        SSL_CTX_set_session_id_context(ctx->server, NULL, 0);
        SSL_CTX_set_verify_depth(ctx->client, 10 + i % 2);
        SSL_CTX_set_client_CA_list(ctx->server, sk_X509_NAME_new_null());
        if (i % 16 == 0) {
            SSL_CTX_use_certificate_chain_file(ctx->server, pki_of("ecdsa", ".pem"));
            SSL_CTX_use_PrivateKey_file(ctx->server, pki_of("ecdsa", ".key"), SSL_FILETYPE_PEM);
        }
        if (i % 16 == 8)
            SSL_CTX_load_verify_locations(ctx->client, pki("ca.pem"), NULL);
        ERR_clear_error();
    }
    return NULL;
}

struct worker {
    struct contexts *ctx;
    SSL_SESSION *common;
    int done, all;
};

static void *works(void *arg)
{
    struct worker *worker = arg;
    SSL_SESSION *own = NULL, *next = NULL;

    for (int round = 0; round < check_rounds(16); round++, worker->all++) {
        worker->done += connection(worker->ctx, round % 3 == 0 ? worker->common : own, &next);
        SSL_SESSION_free(own);
        own = next;
        if (own != NULL && round % 4 == 0) {
            SSL_CTX_remove_session(worker->ctx->client, own);
            SSL_SESSION_free(SSL_SESSION_dup(own));
        }
    }
    SSL_SESSION_free(own);
    return NULL;
}

static void one_context(int version)
{
    struct contexts ctx = shared(version);
    struct worker workers[WORKERS];
    pthread_t ids[WORKERS], others[2];
    SSL_SESSION *common = NULL;
    int done = 0, all = 0, number = check_on_reference() ? 1 : 2;

    stop = told = verified = asked = removed = 0;
    SHOW(connection(&ctx, NULL, &common));
    start(&others[0], disturbs, &ctx);
    if (number > 1)
        start(&others[1], changes, &ctx);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){ .ctx = &ctx, .common = common };
        start(&ids[i], works, &workers[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(ids[i], NULL);
        done += workers[i].done;
        all += workers[i].all;
    }
    stop = 1;
    for (int i = 0; i < number; i++)
        pthread_join(others[i], NULL);
    CHECK(done == all);
    CHECK(told >= 2 * all);
    CHECK(asked > all / 2);
    CHECK(verified > 0);
    SSL_SESSION_free(common);
    contexts_free(&ctx);
    CHECK(removed > 0);
    CHECK(made == freed);
    SHOW(orphans);
}

/* ---- counts ---- */

struct counts {
    SSL *ssl;
    SSL_CTX *ctx;
    SSL_SESSION *session;
    pthread_barrier_t barrier;
};

/* Each thread has a count of each object, uses it, and gives it up at the same moment as the others. */
static void *gives_up(void *arg)
{
    struct counts *counts = arg;
    SSL *ssl = counts->ssl;
    SSL_CTX *ctx = counts->ctx;
    SSL_SESSION *session = counts->session;

    pthread_barrier_wait(&counts->barrier);
    (void)SSL_get_version(ssl);
    (void)SSL_CTX_get_options(ctx);
    (void)SSL_SESSION_get_time(session);
    SSL_free(ssl);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    return NULL;
}

static void counts(void)
{
    struct counts counts;
    pthread_t ids[WORKERS];

    SECTION("the last counts of several threads");
    made = freed = orphans = 0;
    pthread_barrier_init(&counts.barrier, NULL, WORKERS);
    for (int round = 0; round < check_rounds(300); round++) {
        counts.ctx = SSL_CTX_new(TLS_method());
        counts.ssl = SSL_new(counts.ctx);
        counts.session = SSL_SESSION_new();
        SSL_SESSION_set1_id(counts.session, (unsigned char *)"id", 2);
        SSL_CTX_add_session(counts.ctx, counts.session);
        SSL_set_session(counts.ssl, counts.session);
        for (int i = 1; i < WORKERS; i++) {
            SSL_CTX_up_ref(counts.ctx);
            SSL_up_ref(counts.ssl);
            SSL_SESSION_up_ref(counts.session);
        }
        for (int i = 0; i < WORKERS; i++)
            start(&ids[i], gives_up, &counts);
        for (int i = 0; i < WORKERS; i++)
            pthread_join(ids[i], NULL);
    }
    pthread_barrier_destroy(&counts.barrier);
    CHECK(made > 0);
    CHECK(made == freed);
    SHOW(orphans);
}

/* A connection that one thread reads from while another gives its count up. */
static void *reads(void *arg)
{
    SSL *ssl = arg;
    char buf[8] = "";
    int n = SSL_read(ssl, buf, sizeof buf);

    SSL_free(ssl);
    return (void *)(intptr_t)n;
}

static void freed_while_read(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    pthread_t id;
    void *n = NULL;

    pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET);
    pair_connect(client, server);
    pair_settle(client);
    fcntl(SSL_get_fd(client), F_SETFL, 0);
    SSL_up_ref(client);
    start(&id, reads, client);
    SSL_free(client);
    contexts_free(&ctx);
    SHOW(SSL_write(server, "data", 4));
    pthread_join(id, &n);
    SHOW((intptr_t)n);
    SSL_free(server);
}

/* ---- a context that a thread has made, used by a child of another thread ---- */

static void *makes(void *arg)
{
    struct contexts *ctx = arg;

    *ctx = contexts_new("ecdsa", 0);
    SHOW(connection(ctx, NULL, NULL));
    return NULL;
}

static void *forks(void *arg)
{
    struct contexts *ctx = arg;
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(connection(ctx, NULL, NULL) ? 7 : 8);
    waitpid(pid, &status, 0);
    SHOW(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    SHOW(connection(ctx, NULL, NULL));
    return NULL;
}

static void forked(void)
{
    struct contexts ctx;
    pthread_t id;

    SECTION("a fork in another thread");
    start(&id, makes, &ctx);
    pthread_join(id, NULL);
    fflush(stdout);
    start(&id, forks, &ctx);
    pthread_join(id, NULL);
    contexts_free(&ctx);
}

int main(void)
{
    SSL_get_ex_new_index(0, NULL, on_new, NULL, on_free);
    SSL_CTX_get_ex_new_index(0, NULL, on_new, NULL, on_free);
    SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, on_free_session);
    in_both_versions("one context, many threads", one_context);
    counts();
    in_both_versions("freed by one thread, read by another", freed_while_read);
    forked();
    return 0;
}
