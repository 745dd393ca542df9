/** Messages of candles are packed and sent here as the archiver's imports do it. */
export {
  packMessages,
  sendMessages,
  type CandleQueue,
} from "@candlehouse/shared/queue/send-candles";
