import { Route, Routes } from 'react-router';
import { NotFound } from '../frame/not-found.js';
import { SaleView } from './sale-view.js';
import { SalesView } from './sales-view.js';
import '../shop/shop.css';
import './sale.css';

const SaleViews = () => (
  <Routes>
    <Route index element={<SalesView />} />
    <Route path=":id" element={<SaleView />} />
    <Route path="*" element={<NotFound />} />
  </Routes>
);
export default SaleViews;
