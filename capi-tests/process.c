/* The process around the library: threads that share contexts, fork, signals, and silence on standard error. */
#include "call.h"

#include <pthread.h>

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 12 };

struct worker {
    struct contexts *ctx;
    int number, done, resumed, moved;
};

/* Handshakes on shared contexts; every second one tries to resume. */
static void *work(void *arg)
{
    struct worker *worker = arg;
    SSL_SESSION *session = NULL;

    for (int round = 0; round < ROUNDS; round++) {
        SSL *client, *server;

        pair_new(&client, &server, worker->ctx->client, worker->ctx->server);
        SSL_set_app_data(client, worker);
        if (session != NULL)
            SSL_set_session(client, session);
        SSL_SESSION_free(session);
        session = NULL;
        worker->done += pair_handshake(client, server).ok;
        worker->resumed += SSL_session_reused(client);
        worker->moved += pair_transfer(client, server, "data", 4) && pair_transfer(server, client, "data", 4);
        if (round % 2 == 0)
            session = SSL_get1_session(client);
        SSL_shutdown(client);
        SSL_shutdown(server);
        pair_free(client, server);
        ERR_clear_error();
    }
    SSL_SESSION_free(session);
    return NULL;
}

/* Settings change while others make connections; nothing of what is set makes a handshake fail. */
static void *disturb(void *arg)
{
    struct contexts *ctx = arg;
    X509_STORE *store = SSL_CTX_get_cert_store(ctx->client);

    for (int i = 0; i < 200; i++) {
        SSL *ssl = SSL_new(ctx->client);

        SSL_CTX_up_ref(ctx->client);
        SSL_CTX_free(ctx->client);
        (void)SSL_CTX_get_options(ctx->server);
        (void)SSL_CTX_sess_number(ctx->server);
        (void)sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
        SSL_free(ssl);
    }
    return NULL;
}

static void threads(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct worker workers[THREADS] = { 0 };
    pthread_t ids[THREADS + 1];
    int done = 0, resumed = 0, moved = 0;

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .ctx = &ctx, .number = i };
        if (pthread_create(&ids[i], NULL, work, &workers[i]) != 0)
            check_give_up("pthread_create");
    }
    if (pthread_create(&ids[THREADS], NULL, disturb, &ctx) != 0)
        check_give_up("pthread_create");
    for (int i = 0; i <= THREADS; i++)
        pthread_join(ids[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        done += workers[i].done;
        resumed += workers[i].resumed;
        moved += workers[i].moved;
    }
    SHOW(done);
    SHOW(resumed);
    SHOW(moved);
    SHOW(SSL_CTX_sess_accept_good(ctx.server));
    SHOW(SSL_CTX_sess_connect_good(ctx.client));
    contexts_free(&ctx);
}

/* One thread's errors are not another's. */
static void *fail_alone(void *arg)
{
    (void)arg;
    ERR_clear_error();
    (void)SSL_new(NULL);
    return (void *)(uintptr_t)ERR_GET_REASON(ERR_get_error());
}

static void error_queues(void)
{
    pthread_t id;
    void *reason = NULL;

    SECTION("error queues");
    ERR_clear_error();
    if (pthread_create(&id, NULL, fail_alone, NULL) != 0)
        check_give_up("pthread_create");
    pthread_join(id, &reason);
    SHOW((uintptr_t)reason);
    SHOW_ERR();
}

/* ---- fork ---- */

/* Makes a connection in a child; its answer comes through a pipe. */
static void in_child(struct contexts *ctx, unsigned char *random, int *ok)
{
    int ends[2], status;
    pid_t pid;

    fflush(stdout);
    if (pipe(ends) != 0 || (pid = fork()) < 0)
        check_give_up("fork");
    if (pid == 0) {
        SSL *client, *server;
        unsigned char answer[33];

        pair_new(&client, &server, ctx->client, ctx->server);
        answer[0] = (unsigned char)(pair_handshake(client, server).ok && pair_transfer(client, server, "data", 4));
        SSL_get_client_random(client, answer + 1, 32);
        pair_free(client, server);
        _exit(write(ends[1], answer, sizeof answer) == sizeof answer ? 0 : 1);
    }
    close(ends[1]);
    *ok = 0;
    {
        unsigned char answer[33] = { 0 };

        if (read(ends[0], answer, sizeof answer) == sizeof answer)
            *ok = answer[0];
        memcpy(random, answer + 1, 32);
    }
    close(ends[0]);
    waitpid(pid, &status, 0);
    *ok = *ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void forked(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    unsigned char randoms[3][32];
    SSL *client, *server;
    int ok;

    /* the library has been used before the fork */
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    for (int i = 0; i < 2; i++) {
        in_child(&ctx, randoms[i], &ok);
        SHOW(ok);
    }
    CHECK(pair_transfer(client, server, "after the forks", 15));
    pair_free(client, server);
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    SSL_get_client_random(client, randoms[2], 32);
    CHECK(memcmp(randoms[0], randoms[1], 32) != 0 && memcmp(randoms[0], randoms[2], 32) != 0 && memcmp(randoms[1], randoms[2], 32) != 0);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* The connection itself goes on in the child, as after an accept by a server that forks. */
static void connection_in_child(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    char buf[16] = "";
    int status;
    pid_t pid;

    pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET);
    pair_connect(client, server);
    pair_settle(client);
    fflush(stdout);
    if ((pid = fork()) < 0)
        check_give_up("fork");
    if (pid == 0)
        _exit(SSL_write(server, "from the child", 14) == 14 ? 0 : 1);
    waitpid(pid, &status, 0);
    SHOW(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CALL(client, SSL_read(client, buf, sizeof buf));
    SHOW_STR(buf);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- signals ---- */

/* A peer that has gone: SIGPIPE is the program's own business, as with OpenSSL. */
static int write_to_nobody(int ignore)
{
    struct contexts ctx = contexts_new("ecdsa", TLS1_3_VERSION);
    SSL *client, *server;
    int status = 0;
    pid_t pid;

    fflush(stdout);
    if ((pid = fork()) < 0)
        check_give_up("fork");
    if (pid == 0) {
        int n = 1;

        signal(SIGPIPE, ignore ? SIG_IGN : SIG_DFL);
        pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET);
        pair_connect(client, server);
        pair_settle(client);
        SSL_free(server);
        ERR_clear_error();
        errno = 0;
        n = SSL_write(client, "data", 4);
        _exit(n == -1 && SSL_get_error(client, n) == SSL_ERROR_SYSCALL && errno == EPIPE ? 7 : 8);
    }
    waitpid(pid, &status, 0);
    contexts_free(&ctx);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void signals(void)
{
    SECTION("SIGPIPE");
    SHOW(write_to_nobody(0) == 1000 + SIGPIPE);
    SHOW(write_to_nobody(1));
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

/* A signal that interrupts a blocking read: the call is to be repeated. */
static void interrupted(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct sigaction action = { .sa_handler = on_alarm }, before;
    SSL *client, *server;
    char buf[8];

    pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET);
    pair_connect(client, server);
    pair_settle(client);
    fcntl(SSL_get_fd(client), F_SETFL, 0);
    sigaction(SIGALRM, &action, &before);
    alarms = 0;
    ualarm(50000, 0);
    CALL(client, SSL_read(client, buf, sizeof buf));
    SHOW(alarms);
    sigaction(SIGALRM, &before, NULL);
    CALL(server, SSL_write(server, "data", 4));
    CALL(client, SSL_read(client, buf, sizeof buf));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- silence ---- */

static void silence(void)
{
    struct contexts ctx = contexts_new("expired", 0);
    int saved = dup(STDERR_FILENO), file = memfd_create("stderr", MFD_CLOEXEC);
    SSL *client, *server;
    char buf[8];

    SECTION("nothing on standard error");
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_handshake(client, server);
    (void)SSL_read(client, buf, sizeof buf);
    (void)SSL_CTX_use_certificate_file(ctx.server, pki("garbage.pem"), SSL_FILETYPE_PEM);
    (void)SSL_CTX_set_cipher_list(ctx.server, "no such cipher");
    pair_free(client, server);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    SHOW(lseek(file, 0, SEEK_END));
    close(saved);
    close(file);
    ERR_clear_error();
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("threads", threads);
    error_queues();
    in_both_versions("fork", forked);
    in_both_versions("a connection goes on in the child", connection_in_child);
    signals();
    in_both_versions("an interrupted read", interrupted);
    silence();
    return 0;
}
