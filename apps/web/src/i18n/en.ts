export const en = {
  common: { loading: 'One moment…' },
  frame: { skip: 'Skip to the content', nav: 'Main', shop: 'Shop', sale: 'Flash sale', machine: 'Machine' },
  notFound: { title: 'There is nothing here', home: 'To the start' },
  start: { title: 'Orders that are not lost' },
  shop: { title: 'Shop' },
  sale: { title: 'Flash sale' },
  keeper: { title: 'Shopkeeper' },
  machine: { title: 'The machine' },
};

/** The keys of every language. */
export type Dictionary = typeof en;
