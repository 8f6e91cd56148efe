/*
 * The whole content of the first image: a web server that says, on every path of every port, that nothing has been
 * released yet. It stands under many names (the shell, the container's command, the program of its health check), so that
 * a container definition written for the real image works with this one: whichever name is called first takes the ports
 * and serves; whoever finds them taken is a health check, and the server is healthy.
 *
 * No libc, no memory allocation, no files, no clock. One thread that never waits for a single client.
 *
 *   FIRST_IMAGE_PORTS    the ports, separated by commas
 *   FIRST_IMAGE_STATUS   the status of every answer (200)
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define CONNECTIONS 500 /* well below 1,024, the usual limit of open files */

#define HEAD \
  "HTTP/1.1 200 Not released yet\r\n" \
  "Content-Type: text/html; charset=utf-8\r\n" \
  "Cache-Control: no-store\r\n" \
  "Connection: close\r\n" \
  "\r\n"
#define PAGE \
  "<!doctype html><html lang=\"en\"><title>Not released yet</title>" \
  "<p>The pipeline has not released to this service yet.</p></html>\n"

/* The end of the connection ends the page, so there is no length to send (and none to leave out for a 204). */
static char answer[sizeof HEAD PAGE - 1];
static char *const status = answer + sizeof "HTTP/1.1";
static const unsigned long head_length = sizeof HEAD - 1;
static unsigned long answer_length;

/* A client, and what is known of its request: enough to see its end and whether the client wants the page. */
static struct connection {
  int socket;    /* 0: none, for that is the standard input */
  char method;   /* first letter; HEAD is the only method with an H */
  char newlines; /* in a row, 2 end the head of the request */
} connections[CONNECTIONS];
static int oldest;

/* Tells which connection has something to read, by its index, or which listener: by CONNECTIONS and its descriptor. */
static int events;

static inline long call(long number, const long argument[6]) {
#if defined __x86_64__
  long result;
  register long r10 __asm__("r10") = argument[3];
  register long r8 __asm__("r8") = argument[4];
  register long r9 __asm__("r9") = argument[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(number), "D"(argument[0]), "S"(argument[1]), "d"(argument[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined __aarch64__
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = argument[0];
  register long x1 __asm__("x1") = argument[1];
  register long x2 __asm__("x2") = argument[2];
  register long x3 __asm__("x3") = argument[3];
  register long x4 __asm__("x4") = argument[4];
  register long x5 __asm__("x5") = argument[5];
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

#define CALL(name, ...) call(__NR_##name, (const long[6]){__VA_ARGS__})

__attribute__((noreturn)) static void leave(int code) {
  for (;;) CALL(exit_group, code);
}

__attribute__((noreturn)) static void fail(const char *message) {
  long length = 0;
  while (message[length]) length++;
  CALL(write, 2, (long)message, length);
  leave(1);
}

__attribute__((noreturn)) static void stop(int signal) {
  (void)signal;
  leave(0);
}

/* Process 1 of a container gets no signal that it has not asked for. */
static void stop_on(int signal) {
  static const struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(int); /* demanded by x86_64, and never reached: the handler does not return */
    unsigned long mask;
  } action = {stop, 0x04000000 /* SA_RESTORER */, stop, 0};
  CALL(rt_sigaction, signal, (long)&action, 0, sizeof action.mask);
}

/*
 * Any user may serve port 80: the file carries the capability as "permitted" only, since a program with an "effective" one
 * would not even start where the capability is dropped. Everything else that a root user has is given away. A refusal
 * is no error: the ports may do without.
 */
static void keep_only_binding_of_low_ports(void) {
  static const struct __user_cap_header_struct self = {_LINUX_CAPABILITY_VERSION_3, 0};
  static const struct __user_cap_data_struct wanted[2] = {{1 << CAP_NET_BIND_SERVICE, 1 << CAP_NET_BIND_SERVICE, 0}};
  CALL(capset, (long)&self, (long)wanted);
}

/* IPv4 and IPv6 with one socket; IPv4 alone where the kernel has nothing else. */
static int listen_on(unsigned port) {
  static const int on = 1, off = 0;
  const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  /* Both kinds of address begin alike, and zeros mean "any" in both. */
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  int listener = CALL(socket, AF_INET6, type);
  if (listener < 0) {
    any.sin6_family = AF_INET;
    listener = CALL(socket, AF_INET, type);
  }
  CALL(setsockopt, listener, IPPROTO_IPV6, IPV6_V6ONLY, (long)&off, sizeof off);
  /* After a restart connections of the last run may linger; they are no server. */
  CALL(setsockopt, listener, SOL_SOCKET, SO_REUSEADDR, (long)&on, sizeof on);
  long error = CALL(bind, listener, (long)&any, sizeof any);
  if (!error) error = CALL(listen, listener, CONNECTIONS);
  if (error == -EADDRINUSE) {
    /* Process 1 is nobody's health check: another container of the task has the port. */
    if (CALL(getpid) != 1) leave(0);
    fail("first image: a port of FIRST_IMAGE_PORTS is in use by another container of the task\n");
  }
  if (error) fail("first image: a port of FIRST_IMAGE_PORTS cannot be opened (below 1024 a user without rights needs a capability)\n");
  return listener;
}

static void watch(int socket, int name) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = name};
  CALL(epoll_ctl, events, EPOLL_CTL_ADD, socket, (long)&event);
}

static void listen_on_all(const char *ports) {
  int count = 0;
  for (unsigned port = 0; *ports; ports++) {
    if (*ports >= '0' && *ports <= '9') port = port * 10 + *ports - '0';
    if (!port || (ports[1] && ports[1] != ',')) continue;
    const int listener = listen_on(port);
    watch(listener, CONNECTIONS + listener);
    count++;
    port = 0;
  }
  if (!count) fail("first image: FIRST_IMAGE_PORTS names no port\n");
}

static void answer_with(const char *code) {
  for (unsigned long i = 0; i < sizeof answer; i++) answer[i] = (HEAD PAGE)[i];
  for (int digit = 0; digit < 3 && code[digit]; digit++) status[digit] = code[digit];
  const int without_page = (*status == '2' || *status == '3') && status[1] == '0' && status[2] == '4'; /* 204, 304 */
  answer_length = without_page ? head_length : sizeof answer;
}

static void disconnect(struct connection *connection) {
  if (connection->socket) CALL(close, connection->socket);
  *connection = (struct connection){0, 0, 0};
}

/*
 * A new connection takes the place of the oldest one. So idle and slow clients need no time limit: they stay as long as
 * nobody needs their place. An error may mean too many open files: then a place is made free for the next attempt.
 */
static void connect_from(int listener) {
  const int client = CALL(accept4, listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client == -EAGAIN) return;
  disconnect(&connections[oldest]);
  if (client >= 0) {
    connections[oldest].socket = client;
    watch(client, oldest);
  }
  oldest = (oldest + 1) % CONNECTIONS;
}

/* Answers at the end of the head, then reads on until the client is done: a close with unread bytes would destroy the answer. */
static void attend(struct connection *connection) {
  static char buffer[4096];
  const long length = CALL(read, connection->socket, (long)buffer, sizeof buffer);
  if (length == -EAGAIN || length == -EINTR) return;
  if (length <= 0) {
    disconnect(connection);
    return;
  }
  if (!connection->method) connection->method = *buffer;
  for (long i = 0; i < length && connection->newlines < 2; i++) {
    if (buffer[i] == '\n') connection->newlines++;
    else if (buffer[i] != '\r') connection->newlines = 0;
    if (connection->newlines < 2) continue;
    CALL(sendto, connection->socket, (long)answer, connection->method == 'H' ? head_length : answer_length, MSG_NOSIGNAL);
    CALL(shutdown, connection->socket, SHUT_WR);
  }
}

static const char *variable(const char *const *environment, const char *name) {
  for (; *environment; environment++) {
    const char *text = *environment, *expected = name;
    while (*expected && *text == *expected) text++, expected++;
    if (!*expected) return text;
  }
  return "";
}

/* The stack as the kernel leaves it: count of arguments, arguments, null, environment, null. */
__attribute__((noreturn, used)) static void serve(const long *stack) {
  const char *const *environment = (const char *const *)stack + 1 + *stack + 1;
  stop_on(SIGTERM);
  stop_on(SIGINT);
  keep_only_binding_of_low_ports();
  answer_with(variable(environment, "FIRST_IMAGE_STATUS="));
  events = CALL(epoll_create1, EPOLL_CLOEXEC);
  listen_on_all(variable(environment, "FIRST_IMAGE_PORTS="));

  for (struct epoll_event event;;) {
    if (CALL(epoll_pwait, events, (long)&event, 1, -1) < 1) continue;
    const int name = event.data.u64;
    if (name < CONNECTIONS) attend(&connections[name]);
    else connect_from(name - CONNECTIONS);
  }
}

#if defined __x86_64__
__asm__(".global _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call serve");
#elif defined __aarch64__
__asm__(".global _start\n_start: mov x0, sp\n bl serve");
#else
#error "x86_64 and aarch64 only"
#endif
