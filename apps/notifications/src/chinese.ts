import { formatMoney, type OrderReason } from '@sluice/contracts';
import type { Texts } from './english.js';

const reasons: Record<OrderReason | 'too_many_unpaid', string> = {
  out_of_stock: '其中有商品缺货',
  unknown_product: '其中有商品已停售',
  coupon_rejected: '优惠券无效',
  payment_timeout: '未按时付款',
  customer: '您已取消',
  not_orderable: '其中的商品不能放在同一个订单中',
  processing_timeout: '未能及时处理完成',
  too_many_unpaid: '您还有其他订单需要先付款或取消',
};

/** All texts to people, in simplified Chinese. */
export const chinese: Texts = {
  code: (code) => `您的验证码是 ${code}，十分钟内有效。`,
  recordedCode: (version) => `验证码（${version}），十分钟内有效。`,
  awaitingPayment: (order, total, payBy) => `订单 ${order} 已为您预留。请在 ${payBy} 之前支付 ${formatMoney(total)}。`,
  paid: (order, total) => `谢谢：已收到订单 ${order} 的付款 ${formatMoney(total)}，正在为您打包。`,
  nothingToPay: (order) => `谢谢：订单 ${order} 无需付款，正在为您打包。`,
  shipped: (order) => `订单 ${order} 已发货。`,
  completed: (order) => `订单 ${order} 已送达，祝您使用愉快！`,
  rejected: (order, reason) => `很抱歉：订单 ${order} 未能受理，原因：${reasons[reason]}。`,
  cancelledAsAsked: (order) => `订单 ${order} 已按您的要求取消。`,
  cancelled: (order, reason) => `订单 ${order} 已取消，原因：${reasons[reason]}。`,
  cancellationRefused: (order) => `订单 ${order} 已发货，无法再取消。`,
  paidTooLate: (order, amount) => `订单 ${order} 结束后仍扣款 ${formatMoney(amount)}，款项将退还给您。`,
  refunded: (order, amount) => `退款：订单 ${order} 的 ${formatMoney(amount)} 正在退回您的银行卡。`,
  restocked: (name) => `${name} 到货了。`,
  aboutOrder: (order) => `您的订单 ${order}`,
  aboutProduct: (name) => `${name} 到货了`,
};
