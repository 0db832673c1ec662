import type { Dictionary } from './en.js';

export const zh: Dictionary = {
  common: { loading: '请稍候…' },
  frame: { skip: '跳到正文', nav: '主导航', shop: '商店', sale: '限时抢购', machine: '机房' },
  notFound: { title: '这里什么都没有', home: '回到首页' },
  start: { title: '一张订单也不会丢' },
  shop: { title: '商店' },
  sale: { title: '限时抢购' },
  keeper: { title: '店主' },
  machine: { title: '机房' },
};
