/*
 * Two sides of a connection: contexts from the test PKI, pairs driven in one thread, and a peer in another process that may
 * run on another libssl.
 */
#ifndef CAPI_TESTS_PEER_H
#define CAPI_TESTS_PEER_H

#include "check.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* ---- contexts ---- */

/* Path of a file of the test PKI. Eight results stay valid at a time. */
static inline const char *pki(const char *file)
{
    static _Thread_local char paths[8][PATH_MAX];
    static _Thread_local unsigned next;
    const char *dir = getenv("CAPI_PKI");
    char *path = paths[next++ % 8];

    if (dir == NULL)
        check_give_up("CAPI_PKI is not set; start the tests with run.py");
    snprintf(path, PATH_MAX, "%s/%s", dir, file);
    return path;
}

/* Path of a PKI file named base + suffix, as in pki_of("rsa", ".key"). */
static inline const char *pki_of(const char *base, const char *suffix)
{
    char name[256];

    snprintf(name, sizeof name, "%s%s", base, suffix);
    return pki(name);
}

/* A server context with the chain and key of `certname`, or without any if it is NULL. */
static inline SSL_CTX *new_server_ctx(const char *certname)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL)
        check_give_up("no server context");
    if (certname != NULL
        && (SSL_CTX_use_certificate_chain_file(ctx, pki_of(certname, ".pem")) != 1
            || SSL_CTX_use_PrivateKey_file(ctx, pki_of(certname, ".key"), SSL_FILETYPE_PEM) != 1))
        check_give_up(certname);
    return ctx;
}

/* A client context that trusts the test CA and verifies the server. */
static inline SSL_CTX *new_client_ctx(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (ctx == NULL || SSL_CTX_load_verify_locations(ctx, pki("ca.pem"), NULL) != 1)
        check_give_up("no client context");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return ctx;
}

/* ---- pairs in one thread ---- */

/* What connects the two sides. PAIR_SOCKET_BLOCKING needs the other side in another thread or process. */
enum pair_kind { PAIR_BIO, PAIR_MEM, PAIR_SOCKET, PAIR_SOCKET_BLOCKING };

/* Two connected memory BIOs or BIO halves: what is written to one is read from the other. */
static inline void pair_join(SSL *client, SSL *server, enum pair_kind kind)
{
    BIO *a = NULL, *b = NULL;
    int fds[2];

    switch (kind) {
    case PAIR_BIO:
        /* room for the largest flight, so that would-block comes only from having nothing to read */
        if (BIO_new_bio_pair(&a, 1 << 17, &b, 1 << 17) != 1)
            check_give_up("no BIO pair");
        SSL_set_bio(client, a, a);
        SSL_set_bio(server, b, b);
        break;
    case PAIR_MEM:
        if ((a = BIO_new(BIO_s_mem())) == NULL || (b = BIO_new(BIO_s_mem())) == NULL)
            check_give_up("no memory BIO");
        BIO_set_mem_eof_return(a, -1);
        BIO_set_mem_eof_return(b, -1);
        if (BIO_up_ref(a) != 1 || BIO_up_ref(b) != 1)
            check_give_up("BIO_up_ref");
        SSL_set_bio(client, a, b);
        SSL_set_bio(server, b, a);
        break;
    case PAIR_SOCKET:
    case PAIR_SOCKET_BLOCKING:
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (kind == PAIR_SOCKET ? SOCK_NONBLOCK : 0), 0, fds) != 0)
            check_give_up("socketpair");
        /* the SSL owns its end: it is closed with the SSL's BIO */
        a = BIO_new_socket(fds[0], BIO_CLOSE);
        b = BIO_new_socket(fds[1], BIO_CLOSE);
        if (a == NULL || b == NULL)
            check_give_up("no socket BIO");
        SSL_set_bio(client, a, a);
        SSL_set_bio(server, b, b);
        break;
    }
}

/* A fresh client and server, connected, in connect and accept state. */
static inline void pair_new_over(SSL **client, SSL **server, SSL_CTX *client_ctx, SSL_CTX *server_ctx, enum pair_kind kind)
{
    *client = SSL_new(client_ctx);
    *server = SSL_new(server_ctx);
    if (*client == NULL || *server == NULL)
        check_give_up("SSL_new");
    pair_join(*client, *server, kind);
    SSL_set_connect_state(*client);
    SSL_set_accept_state(*server);
}

/* As pair_new_over, over a BIO pair. */
static inline void pair_new(SSL **client, SSL **server, SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    pair_new_over(client, server, client_ctx, server_ctx, PAIR_BIO);
}

/* What one side's last handshake call answered, with the error queue it left. */
struct pair_side {
    int ret;
    int error;
    int errs;
    unsigned long err[8];
};

struct pair_result {
    int ok; /* both sides finished */
    struct pair_side client, server;
};

static inline void pair_record(struct pair_side *side, SSL *ssl, int ret)
{
    unsigned long code;

    side->ret = ret;
    side->error = SSL_get_error(ssl, ret);
    side->errs = 0;
    /* taken out at once: the other side works on the same thread's queue */
    while ((code = ERR_get_error()) != 0)
        /* what libcrypto's providers add says how a library does its cryptography, not what went wrong */
        if (side->errs < 8 && ERR_GET_LIB(code) != ERR_LIB_PROV)
            side->err[side->errs++] = code;
}

static inline int pair_may_continue(const struct pair_side *side)
{
    return side->ret != 1 && (side->error == SSL_ERROR_WANT_READ || side->error == SSL_ERROR_WANT_WRITE);
}

/*
 * Drives both handshakes until each is done, has failed or cannot get further. Pauses for a callback
 * (SSL_ERROR_WANT_X509_LOOKUP and the like) end it too: the caller goes on by calling this again.
 */
static inline struct pair_result pair_handshake(SSL *client, SSL *server)
{
    struct pair_result result = {
        .client = { .ret = -1, .error = SSL_ERROR_WANT_READ },
        .server = { .ret = -1, .error = SSL_ERROR_WANT_READ },
    };

    ERR_clear_error();
    /* a handshake takes at most a few flights; a side that waits for ever stops here */
    for (int round = 0; round < 20; round++) {
        if (pair_may_continue(&result.client))
            pair_record(&result.client, client, SSL_do_handshake(client));
        if (pair_may_continue(&result.server))
            pair_record(&result.server, server, SSL_do_handshake(server));
        if (!pair_may_continue(&result.client) && !pair_may_continue(&result.server))
            break;
    }
    result.ok = result.client.ret == 1 && result.server.ret == 1;
    return result;
}

static inline void pair_show_side(const char *label, const struct pair_side *side)
{
    printf("  %s ret=%d error=%d\n", label, side->ret, side->error);
    for (int i = 0; i < side->errs; i++)
        check_print_err("    err", side->err[i], NULL);
}

/* The same on one line, errors as numbers. */
static inline void pair_print_side(const char *label, const struct pair_side *side)
{
    printf(" %s %d/%d", label, side->ret, side->error);
    for (int i = 0; i < side->errs; i++)
        printf(" [%d %d]", ERR_GET_LIB(side->err[i]), ERR_GET_REASON(side->err[i]));
}

/* The handshake of a new pair: prints how it ended on both sides, on a line that is to be gone on with. */
static inline struct pair_result pair_attempt(const char *label, SSL **client, SSL **server, SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    struct pair_result result;

    pair_new(client, server, client_ctx, server_ctx);
    result = pair_handshake(*client, *server);
    printf("%s:", label);
    pair_print_side("client", &result.client);
    pair_print_side("server", &result.server);
    return result;
}

/* Prints how a handshake ended on both sides. */
static inline void pair_show(const char *label, const struct pair_result *result)
{
    printf("%s: %s\n", label, result->ok ? "done" : "not done");
    pair_show_side("client", &result->client);
    pair_show_side("server", &result->server);
}

/* Handshake of a pair that must succeed; the test gives up otherwise. */
static inline void pair_connect(SSL *client, SSL *server)
{
    struct pair_result result = pair_handshake(client, server);

    if (!result.ok) {
        pair_show("handshake that had to succeed", &result);
        check_give_up("handshake");
    }
}

/* Lets a side take in what the peer sent after its handshake (tickets, key updates, alerts); what SSL_peek answered. */
static inline int pair_settle(SSL *ssl)
{
    char byte;
    int ret = SSL_peek(ssl, &byte, 1);

    ERR_clear_error();
    return ret;
}

/* Sends `len` bytes and reads them at the other side; 1 if all arrived unchanged, 0 otherwise. */
static inline int pair_transfer(SSL *from, SSL *to, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    unsigned char chunk[4096];
    size_t sent = 0, got = 0, n;

    ERR_clear_error();
    while (got < len) {
        size_t before = sent + got;

        /* no more than a part of the BIO pair's room at once, so that a write never has to be repeated */
        if (sent < len && sent - got < 4096) {
            size_t part = len - sent < 16384 ? len - sent : 16384;

            if (SSL_write_ex(from, bytes + sent, part, &n) == 1)
                sent += n;
        }
        while (got < sent && SSL_read_ex(to, chunk, sizeof chunk, &n) == 1) {
            if (n > sent - got || memcmp(chunk, bytes + got, n) != 0)
                return 0;
            got += n;
        }
        if (sent + got == before)
            return 0;
    }
    return 1;
}

/* Frees both sides. */
static inline void pair_free(SSL *client, SSL *server)
{
    SSL_free(client);
    SSL_free(server);
}

/* ---- a peer in another process, on another libssl ---- */

/*
 * A role is a function of the test program which is run in a fresh process with the libssl in CAPI_PEER_LIBDIR. It gets one
 * end of a stream socketpair (blocking) and a string, and prints what it sees with the macros of check.h; its lines come out
 * in remote_finish, each after "remote| ".
 *
 *     static void serve(int fd, const char *arg) { ... }
 *     static const struct remote_role roles[] = { { "serve", serve }, { NULL, NULL } };
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct remote peer;
 *
 *         remote_main(argc, argv, roles);    first of all: does not return in the peer's process
 *         remote_start(&peer, "serve", "TLSv1.2");
 *         SSL_set_fd(ssl, peer.fd);
 *         ...
 *         SSL_free(ssl);
 *         remote_finish(&peer);
 */
struct remote_role {
    const char *name;
    void (*run)(int fd, const char *arg);
};

struct remote {
    pid_t pid;
    int fd;     /* our end, blocking; closed by remote_finish */
    int output; /* file that takes the lines of the peer */
};

static inline void remote_main(int argc, char **argv, const struct remote_role *roles)
{
    if (argc < 5 || strcmp(argv[1], "--remote-peer") != 0)
        return;
    /* a writer must see EPIPE, not die, when the other side has gone */
    signal(SIGPIPE, SIG_IGN);
    for (; roles->name != NULL; roles++) {
        if (strcmp(roles->name, argv[2]) == 0) {
            roles->run(atoi(argv[3]), argv[4]);
            exit(0);
        }
    }
    check_give_up("no such role");
}

static inline void remote_exec(int fd, int output, const char *role, const char *arg)
{
    const char *report = getenv("CAPI_PEER_REPORT"), *libdir = getenv("CAPI_PEER_LIBDIR");
    char self[PATH_MAX], number[16];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    if (len > 0)
        self[len] = '\0';
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (len <= 0 || libdir == NULL || report == NULL || dup2(output, STDOUT_FILENO) < 0 || fcntl(fd, F_SETFD, 0) != 0)
        _exit(98);
    setenv("LD_LIBRARY_PATH", libdir, 1);
    setenv("CAPI_LIBSSL_REPORT", report, 1);
    snprintf(number, sizeof number, "%d", fd);
    execl(self, self, "--remote-peer", role, number, arg == NULL ? "" : arg, (char *)NULL);
    _exit(97);
}

/* Starts the peer in `role`; peer->fd is our end of the connection. */
static inline void remote_start(struct remote *peer, const char *role, const char *arg)
{
    int fds[2];

    fflush(stdout);
    signal(SIGPIPE, SIG_IGN);
    peer->output = memfd_create("peer output", MFD_CLOEXEC);
    if (peer->output < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        check_give_up("no socketpair for the peer");
    peer->fd = fds[0];
    peer->pid = fork();
    if (peer->pid < 0)
        check_give_up("fork");
    if (peer->pid == 0)
        remote_exec(fds[1], peer->output, role, arg);
    close(fds[1]);
}

/*
 * For the end of a role: reads until the other side has closed. A role that just returns closes its end while the other side
 * may still be writing, and whether that write then fails is a matter of timing.
 */
static inline void remote_drain(int fd)
{
    char bytes[512];

    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

/* Closes our end (unless an earlier remote_hang_up did), waits for the peer, prints its lines; 1 if it ended well. */
static inline int remote_finish(struct remote *peer)
{
    char line[1024];
    int status = 0;
    FILE *lines;

    if (peer->fd >= 0)
        close(peer->fd);
    while (waitpid(peer->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    lseek(peer->output, 0, SEEK_SET);
    if ((lines = fdopen(peer->output, "r")) == NULL)
        check_give_up("fdopen");
    while (fgets(line, sizeof line, lines) != NULL)
        printf("remote| %s", line);
    fclose(lines);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 1;
    printf("remote| ended with %s %d\n", WIFEXITED(status) ? "code" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    check_failures++;
    return 0;
}

/* Closes our end of the connection before remote_finish, as a peer that vanishes does. */
static inline void remote_hang_up(struct remote *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
}

#endif
