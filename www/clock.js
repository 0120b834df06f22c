// Wakes a page that nobody sees: there browsers make a page's own timers wait for up to a minute, and those of a worker not.

let timer;

onmessage = ({ data: millis }) => {
  clearTimeout(timer);
  timer = setTimeout(() => postMessage(null), millis);
};
