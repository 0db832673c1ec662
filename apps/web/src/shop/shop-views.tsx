import { Route, Routes } from 'react-router';
import { NotFound } from '../frame/not-found.js';
import { AccountView } from './account-view.js';
import { CartView } from './cart-view.js';
import { InboxView } from './inbox-view.js';
import { OrderView } from './order-view.js';
import { OrdersView } from './orders-view.js';
import { ProductsView } from './products-view.js';
import './shop.css';

const ShopViews = () => (
  <Routes>
    <Route index element={<ProductsView />} />
    <Route path="cart" element={<CartView />} />
    <Route path="orders" element={<OrdersView />} />
    <Route path="orders/:id" element={<OrderView />} />
    <Route path="inbox" element={<InboxView />} />
    <Route path="account" element={<AccountView />} />
    <Route path="*" element={<NotFound />} />
  </Routes>
);
export default ShopViews;
